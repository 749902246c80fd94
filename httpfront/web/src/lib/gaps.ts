// Samples that are missing (nobody looked: the server was off) are a gap in a curve, not a line across it.

export interface Columns {
    atS: number[];
    columns: (number | null)[][];
}

/// Puts one empty sample where the next comes later than two steps and a half.
export function withGaps(atS: readonly number[], columns: readonly (readonly number[])[], stepS: number): Columns {
    const out: Columns = { atS: [], columns: columns.map(() => []) };
    atS.forEach((at, index) => {
        const before = atS[index - 1];
        if (before !== undefined && at - before > 2.5 * stepS) {
            out.atS.push(before + stepS);
            for (const column of out.columns) column.push(null);
        }
        out.atS.push(at);
        out.columns.forEach((column, which) => column.push(columns[which]?.[index] ?? null));
    });
    return out;
}
