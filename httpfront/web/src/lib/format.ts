// Numbers and times as people read them, in the page's language.

export function bytesText(bytes: number, locale: string): string {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let value = bytes;
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
        value /= 1000;
        unit += 1;
    }
    const digits = unit === 0 || value >= 100 ? 0 : 1;
    return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${units[unit]}`;
}

export function durationText(ms: number, locale: string): string {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 0.1) return `< ${(0.1).toLocaleString(locale)} s`;
    if (seconds < 10) {
        return `${seconds.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;
    }
    const whole = Math.floor(seconds);
    if (whole < 60) return `${whole} s`;
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/// Elapsed time of something still going on: whole seconds, so that it does not flicker.
export function elapsedText(ms: number, locale: string): string {
    return ms < 10000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : durationText(ms, locale);
}

export function agoText(thenMs: number, nowMs: number, locale: string): string {
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
    const seconds = Math.round((thenMs - nowMs) / 1000);
    if (seconds > -45) return relative.format(0, "second");
    if (seconds > -3600) return relative.format(Math.round(seconds / 60), "minute");
    if (seconds > -86400) return relative.format(Math.round(seconds / 3600), "hour");
    return relative.format(Math.round(seconds / 86400), "day");
}

export function momentText(ms: number, locale: string): string {
    const sameDay = new Date(ms).toDateString() === new Date().toDateString();
    return new Date(ms).toLocaleString(locale, sameDay
        ? { hour: "2-digit", minute: "2-digit", second: "2-digit" }
        : { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
}
