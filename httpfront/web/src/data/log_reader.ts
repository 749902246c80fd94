// Follows the log of one job: what is there is fetched, what comes is taken from the event stream,
// and a gap between the two is fetched again. Offsets are bytes of the log of one attempt.

import { ApiError, readLog } from "./api";
import type { LogChunk } from "./events";
import { LogLines } from "../lib/log_lines";

const kFarBehindBytes = 1 << 20; // more than this unread, and only the end is fetched

export class LogReader {
    readonly lines = new LogLines();
    error: ApiError | null = null;
    /// Something at the beginning was left out because the log is long.
    cut = false;
    private attempt = 0;
    private end = 0;
    private reading = false;
    private again = false;
    private skipToLineEnd = false;
    private readonly abort = new AbortController();

    constructor(private readonly id: string, private readonly changed: () => void) {}

    close(): void {
        this.abort.abort();
    }

    /// A later attempt writes a log of its own.
    follow(attempt: number): void {
        if (attempt <= this.attempt) return;
        this.attempt = attempt;
        this.end = 0;
        this.cut = false;
        this.skipToLineEnd = false;
        this.lines.clear();
        this.changed();
        this.catchUp();
    }

    take(chunk: LogChunk): void {
        if (chunk.id !== this.id || chunk.attempt < this.attempt) return;
        if (chunk.attempt > this.attempt) {
            this.follow(chunk.attempt);
            return;
        }
        if (this.reading || chunk.offset !== this.end) {
            if (chunk.next > this.end) this.catchUp();
            return;
        }
        this.end = chunk.next;
        this.show(chunk.text);
    }

    catchUp(): void {
        if (this.attempt === 0 || this.abort.signal.aborted) return;
        if (this.reading) {
            this.again = true;
            return;
        }
        this.reading = true;
        void this.readAll();
    }

    private async readAll(): Promise<void> {
        try {
            do {
                this.again = false;
                await this.readToEnd();
            } while (this.again);
            this.error = null;
        } catch (error) {
            if (this.abort.signal.aborted) return;
            this.error = error instanceof ApiError ? error : new ApiError(0, String(error), "");
        } finally {
            this.reading = false;
        }
        this.changed();
    }

    private async readToEnd(): Promise<void> {
        for (;;) {
            const { attempt, end } = this;
            const piece = await readLog(this.id, attempt, end, this.abort.signal);
            if (attempt !== this.attempt) continue;
            if (piece.size - end > kFarBehindBytes) {
                this.end = piece.size - kFarBehindBytes;
                this.cut = true;
                this.skipToLineEnd = true;
                this.lines.clear();
                continue;
            }
            const length = wholeCharacters(piece.bytes);
            this.end = end + length;
            this.show(new TextDecoder().decode(piece.bytes.subarray(0, length)));
            if (length === 0 || this.end >= piece.size) return;
        }
    }

    private show(text: string): void {
        let rest = text;
        if (this.skipToLineEnd) {
            const lineEnd = text.indexOf("\n");
            this.skipToLineEnd = lineEnd < 0;
            rest = lineEnd < 0 ? "" : text.slice(lineEnd + 1);
        }
        this.lines.feed(rest);
        this.changed();
    }
}

/// How many of the bytes are whole UTF-8 characters; bytes that are not UTF-8 at all count as whole.
export function wholeCharacters(bytes: Uint8Array): number {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
        const byte = bytes[bytes.length - back] ?? 0;
        if ((byte & 0xc0) === 0x80) continue;
        const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return length > back ? bytes.length - back : bytes.length;
    }
    return bytes.length;
}

/// The whole log as a file, piece by piece.
export async function wholeLog(id: string, attempt: number): Promise<Blob> {
    const pieces: BlobPart[] = [];
    let offset = 0;
    for (;;) {
        const piece = await readLog(id, attempt, offset);
        pieces.push(piece.bytes);
        offset += piece.bytes.length;
        if (piece.bytes.length === 0 || offset >= piece.size) return new Blob(pieces, { type: "text/plain" });
    }
}
