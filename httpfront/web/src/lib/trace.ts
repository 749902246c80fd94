// Finds in a log what a program said as it failed: Python's last traceback, Octave's last error. Text alone.

const kLinesMax = 40;

export interface Trace {
    lines: string[];
    from: number; // index of its first line among those that were given
    own: number; // index within `lines` of the last line about the researcher's own program; -1: none
}

function endOfPython(lines: readonly string[], from: number): number {
    let at = from + 1;
    while (at < lines.length && /^\s/.test(lines[at] ?? "")) at += 1;
    return Math.min(at + 1, lines.length); // the exception itself
}

function endOfOctave(lines: readonly string[], from: number): number {
    let at = from + 1;
    while (at < lines.length && /^(error: called from|\s+\S)/.test(lines[at] ?? "")) at += 1;
    return at;
}

function lastIndex(lines: readonly string[], is: (line: string) => boolean): number {
    for (let at = lines.length - 1; at >= 0; at -= 1) {
        if (is(lines[at] ?? "")) return at;
    }
    return -1;
}

export function lastTrace(lines: readonly string[], runtime: string): Trace | null {
    const python = runtime === "python";
    const from = python ? lastIndex(lines, (line) => line.startsWith("Traceback (most recent call last):"))
        : lastIndex(lines, (line) => line.startsWith("error: ") && !line.startsWith("error: called from"));
    if (from < 0) return null;
    const end = python ? endOfPython(lines, from) : endOfOctave(lines, from);
    let found = lines.slice(from, end);
    if (found.length > kLinesMax) found = [...found.slice(0, 4), "  …", ...found.slice(-(kLinesMax - 5))];
    const own = lastIndex(found, (line) => python ? /^ {2}File "\/job\//.test(line) || /^ {2}File "(?!\/|<)/.test(line) : /^\s+\S+ at line \d+/.test(line));
    return { lines: found, from, own };
}
