// Where the reader was on each page of the history: Back shows the same rows again. The browser would scroll before
// the list has come, so it is done here, as soon as the page is long enough.

const kSettleMs = 150;
const kPatienceMs = 3000;
let restoring = false;

function keep(): void {
    if (!restoring) history.replaceState({ ...(history.state as object | null), y: Math.round(window.scrollY) }, "");
}

/// Scrolls there once the page reaches so far, or as far as it does; a reader who scrolls is let be.
function restore(y: number): void {
    const deadline = performance.now() + kPatienceMs;
    restoring = true;
    const stop = (): void => {
        restoring = false;
        for (const kind of ["wheel", "touchstart", "keydown"]) window.removeEventListener(kind, stop);
    };
    for (const kind of ["wheel", "touchstart", "keydown"]) window.addEventListener(kind, stop, { passive: true });
    const look = (): void => {
        if (!restoring) return;
        const reached = document.documentElement.scrollHeight - window.innerHeight;
        const late = performance.now() > deadline;
        if (reached < y && !late) return void requestAnimationFrame(look);
        window.scrollTo(0, Math.min(y, reached));
        stop();
    };
    requestAnimationFrame(look);
}

function keptHere(): number | null {
    const y: unknown = (history.state as { y?: unknown } | null)?.y;
    return typeof y === "number" ? y : null;
}

/// Once, before anything is drawn.
export function keepScroll(): void {
    history.scrollRestoration = "manual";
    let timer = 0;
    window.addEventListener("scroll", () => {
        window.clearTimeout(timer);
        timer = window.setTimeout(keep, kSettleMs);
    }, { passive: true });
    window.addEventListener("nias:leaving", keep);
    window.addEventListener("popstate", () => {
        window.clearTimeout(timer);
        const y = keptHere();
        if (y !== null) restore(y);
    });
    const y = keptHere();
    if (y) restore(y);
}
