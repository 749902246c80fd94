// The colours that programs print for a terminal, as classes: a line becomes pieces of one look each. Knows the
// sixteen colours, bold, dim and underline; what else a terminal can do is left out.

export interface Piece {
    text: string;
    look: string; // classes, "" for plain
}

const kSgr = /\u001b\[([0-9;:]*)m/g;

export function hasColours(line: string): boolean {
    return line.includes("\u001b[");
}

export function withoutColours(line: string): string {
    return hasColours(line) ? line.replace(kSgr, "") : line;
}

class Look {
    private colour = "";
    private marks = new Set<string>();

    apply(codes: string): void {
        const numbers = codes === "" ? [0] : codes.split(/[;:]/).map(Number);
        for (let at = 0; at < numbers.length; at += 1) at += this.one(numbers, at);
    }

    /// How many numbers more than one it has used.
    private one(numbers: number[], at: number): number {
        const code = numbers[at] ?? 0;
        if (code === 0) {
            this.colour = "";
            this.marks.clear();
        } else if (code === 1 || code === 2 || code === 4) this.marks.add(["", "bold", "dim", "", "under"][code] ?? "");
        else if (code === 22) ["bold", "dim"].forEach((mark) => this.marks.delete(mark));
        else if (code === 24) this.marks.delete("under");
        else if (code >= 30 && code <= 37) this.colour = `c${code - 30}`;
        else if (code >= 90 && code <= 97) this.colour = `c${code - 90}`;
        else if (code === 39) this.colour = "";
        else if (code === 38 || code === 48) return this.extended(numbers, at);
        return 0;
    }

    private extended(numbers: number[], at: number): number {
        if (numbers[at + 1] !== 5) return numbers[at + 1] === 2 ? 4 : 0; // 38;2;r;g;b is left out
        const index = numbers[at + 2] ?? 16;
        if (numbers[at] === 38) this.colour = index < 16 ? `c${index % 8}` : "";
        return 2;
    }

    get classes(): string {
        return [this.colour, ...this.marks].filter(Boolean).map((name) => `ansi-${name}`).join(" ");
    }
}

export function piecesOf(line: string): Piece[] {
    const pieces: Piece[] = [];
    const look = new Look();
    let from = 0;
    const push = (text: string): void => {
        if (text) pieces.push({ text, look: look.classes });
    };
    for (const match of line.matchAll(kSgr)) {
        push(line.slice(from, match.index));
        look.apply(match[1] ?? "");
        from = match.index + match[0].length;
    }
    push(line.slice(from));
    return pieces;
}
