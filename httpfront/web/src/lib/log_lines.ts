// The last lines of a log as they are shown: bounded, with what terminals do with carriage returns
// and colours. Knows nothing of the page or of where the text comes from.

import { withoutColours } from "./ansi";

export const kLinesMax = 5000;
const kLineChars = 2000; // longer lines are folded: one endless line must not freeze the page

// All that a terminal is told, but colours (they end in m): those are kept beside the plain text.
const kEscapes = /\u001b(?:\[[0-?]*[ -/]*[@-ln-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;

export class LogLines {
    private kept: string[] = [];
    private painted: string[] = []; // the same lines with their colours
    private tail = ""; // text after the last line end; the last kept line shows it when not empty
    private tailShown = false;
    /// How many lines came before the first that is kept.
    dropped = 0;

    get lines(): readonly string[] {
        return this.kept;
    }

    /// The same lines, with the colours as the program printed them.
    get coloured(): readonly string[] {
        return this.painted;
    }

    /// One past the number of the last line that can not change any more.
    get settledEnd(): number {
        return this.dropped + this.kept.length - (this.tailShown ? 1 : 0);
    }

    clear(): void {
        this.kept = [];
        this.painted = [];
        this.tail = "";
        this.tailShown = false;
        this.dropped = 0;
    }

    feed(text: string): void {
        if (text === "") return;
        const pieces = (this.tail + text.replace(kEscapes, "")).split("\n");
        if (this.tailShown) {
            this.kept.pop();
            this.painted.pop();
        }
        const last = pieces.pop() ?? "";
        for (const piece of pieces) this.push(overwritten(piece));
        this.tail = overwritten(last) + (last.endsWith("\r") ? "\r" : "");
        while (this.tail.length > kLineChars) {
            this.add(this.tail.slice(0, kLineChars));
            this.tail = this.tail.slice(kLineChars);
        }
        const shown = overwritten(this.tail);
        this.tailShown = shown !== "";
        if (this.tailShown) this.add(shown);
        if (this.kept.length > kLinesMax) {
            this.dropped += this.kept.length - kLinesMax;
            this.kept = this.kept.slice(-kLinesMax);
            this.painted = this.painted.slice(-kLinesMax);
        }
    }

    private push(line: string): void {
        if (line.length <= kLineChars) {
            this.add(line);
            return;
        }
        for (let at = 0; at < line.length; at += kLineChars) this.add(line.slice(at, at + kLineChars));
    }

    private add(line: string): void {
        this.kept.push(withoutColours(line));
        this.painted.push(line);
    }
}

/// The rest of a line that is read when each carriage return begins it anew, as progress bars do.
function overwritten(line: string): string {
    let end = line.length;
    while (end > 0 && line[end - 1] === "\r") end -= 1;
    return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}
