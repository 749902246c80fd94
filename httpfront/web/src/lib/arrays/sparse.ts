// A file of which only some bytes have been fetched, as a buffer for a reader that expects to have all of it at once. What
// is read and is not there is noted; whoever runs the reader fetches that, and runs it again.

const kBlock = 64 * 1024;
const kAheadMax = 4 << 20;

export class Missing extends Error {}

/// As long as the file, zeros where nothing was put yet. Zeros take no memory until they are touched.
export class SparseBuffer extends ArrayBuffer {
    private readonly there: Uint8Array; // 1 for each block that was put
    private wanted: [number, number] | null = null;
    private ahead = kBlock; // so much is fetched at a time, more each time
    fetched = 0;

    static override get [Symbol.species](): ArrayBufferConstructor {
        return ArrayBuffer;
    }

    constructor(size: number) {
        super(size);
        this.there = new Uint8Array(Math.ceil(size / kBlock));
    }

    /// Throws Missing unless these bytes are there. Bytes past the end are the reader's own mistake.
    need(from: number, to: number): void {
        const end = Math.min(to, this.byteLength);
        for (let block = Math.floor(from / kBlock); block * kBlock < end; block += 1) {
            if (this.there[block] === 1) continue;
            this.wanted = [block * kBlock, end];
            throw new Missing();
        }
    }

    /// These bytes are fetched next, whether they are read or not.
    want(from: number, to: number): void {
        this.wanted = [from, to];
    }

    /// Whether something was read that was not there.
    misses(): boolean {
        return this.wanted !== null;
    }

    override slice(from: number, to: number = this.byteLength): ArrayBuffer {
        this.need(Math.max(0, from), to);
        return super.slice(from, to);
    }

    /// Fetches what the reader missed last; false: it missed nothing.
    async fill(peek: (from: number, length: number) => Promise<Uint8Array>): Promise<boolean> {
        if (!this.wanted) return false;
        const [from, to] = this.wanted;
        this.wanted = null;
        const end = Math.min(this.byteLength, Math.max(Math.ceil(to / kBlock) * kBlock, from + this.ahead));
        this.ahead = Math.min(kAheadMax, this.ahead * 2);
        const bytes = await peek(from, end - from);
        if (bytes.length < end - from) throw new RangeError("the file is shorter than it was said to be");
        new Uint8Array(this).set(bytes, from);
        this.there.fill(1, from / kBlock, Math.ceil(end / kBlock));
        this.fetched += bytes.length;
        return true;
    }
}

function checked(view: DataView, at: number, length: number): number {
    const buffer: ArrayBufferLike = view.buffer;
    if (buffer instanceof SparseBuffer) buffer.need(view.byteOffset + at, view.byteOffset + at + length);
    return at;
}

const PlainDataView = DataView as { new (buffer: ArrayBufferLike, from?: number, length?: number): DataView };

/// Stands for DataView in the reader of HDF5 (build.mjs), so that it does not take missing bytes for zeros.
export class CheckedDataView extends PlainDataView {
    override getUint8(at: number): number { return super.getUint8(checked(this, at, 1)); }
    override getInt8(at: number): number { return super.getInt8(checked(this, at, 1)); }
    override getUint16(at: number, little?: boolean): number { return super.getUint16(checked(this, at, 2), little); }
    override getInt16(at: number, little?: boolean): number { return super.getInt16(checked(this, at, 2), little); }
    override getUint32(at: number, little?: boolean): number { return super.getUint32(checked(this, at, 4), little); }
    override getInt32(at: number, little?: boolean): number { return super.getInt32(checked(this, at, 4), little); }
    override getFloat32(at: number, little?: boolean): number { return super.getFloat32(checked(this, at, 4), little); }
    override getFloat64(at: number, little?: boolean): number { return super.getFloat64(checked(this, at, 8), little); }
    override getBigUint64(at: number, little?: boolean): bigint { return super.getBigUint64(checked(this, at, 8), little); }
    override getBigInt64(at: number, little?: boolean): bigint { return super.getBigInt64(checked(this, at, 8), little); }
}
