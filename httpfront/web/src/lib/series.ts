// The columns of numbers in a table, for a plot: the first as x where it rises, else the number of the row.

import { parseTable } from "./csv";

export const kPlotBytes = 12 << 20;
const kRows = 100_000;
const kColumns = 12;

export interface Series {
    names: string[];
    columns: [number[], ...number[][]];
    whole: boolean;
}

function numberOf(cell: string | undefined): number {
    const text = (cell ?? "").trim();
    return text === "" ? Number.NaN : Number(text.includes(".") ? text : text.replace(",", "."));
}

function rises(values: number[]): boolean {
    return values.length > 1 && values.every((value, at) => Number.isFinite(value) && (at === 0 || value >= (values[at - 1] ?? value)));
}

export function seriesOf(text: string, whole: boolean): Series | null {
    const table = parseTable(text, whole, { rows: kRows, columns: kColumns });
    if (!table || table.rows.length < 2) return null;
    const count = Math.min(table.columns, kColumns);
    const all = Array.from({ length: count }, (_, column) => ({
        name: table.head[column] ?? `${column + 1}`, values: table.rows.map((row) => numberOf(row[column])),
    })).filter(({ values }) => values.filter(Number.isFinite).length > values.length / 2);
    const first = all[0];
    if (!first) return null;
    const hasX = all.length > 1 && rises(first.values);
    const lines = hasX ? all.slice(1) : all;
    const x = hasX ? first.values : first.values.map((_, at) => at + 1);
    return { names: [hasX ? first.name : "#", ...lines.map(({ name }) => name)], columns: [x, ...lines.map(({ values }) => values)], whole: !table.more };
}
