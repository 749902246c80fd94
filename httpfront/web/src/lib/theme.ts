// The look: light, dark, or the system's. A script of its own, loaded before the page is drawn, so
// that a dark page never flashes white; main.tsx imports the same functions for the switch.

export type Theme = "system" | "light" | "dark";

const kKey = "nias.theme";

export function storedTheme(): Theme {
    try {
        const value = localStorage.getItem(kKey);
        return value === "light" || value === "dark" ? value : "system";
    } catch {
        return "system"; // storage switched off: the page still works
    }
}

export function isDark(theme: Theme): boolean {
    return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

export function applyTheme(theme: Theme): void {
    document.documentElement.dataset.theme = isDark(theme) ? "dark" : "light";
}

export function setTheme(theme: Theme): void {
    try {
        if (theme === "system") localStorage.removeItem(kKey);
        else localStorage.setItem(kKey, theme);
    } catch {
        // kept for this page only
    }
    applyTheme(theme);
}

export function watchSystemTheme(changed: () => void): () => void {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const heard = (): void => {
        applyTheme(storedTheme());
        changed();
    };
    dark.addEventListener("change", heard);
    return () => dark.removeEventListener("change", heard);
}

applyTheme(storedTheme());
