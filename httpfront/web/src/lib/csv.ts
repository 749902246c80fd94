// The beginning of a table in text: commas, semicolons (as spreadsheets write in Portuguese) or tabs.

export interface Table {
    head: string[]; // empty where the first row is numbers already
    rows: string[][];
    more: boolean; // there are rows past the last one here
    columns: number; // columns of the widest row; `columnsMax` are kept
}

export interface TableLimits {
    rows: number;
    columns: number;
}

function separatorOf(line: string): string {
    const counts = [",", ";", "\t"].map((each) => ({ each, count: line.split(each).length }));
    counts.sort((a, b) => b.count - a.count);
    return counts[0] && counts[0].count > 1 ? counts[0].each : ",";
}

/// `whole` says that the text is the whole file; otherwise its last line may be cut and is left out.
export function parseTable(text: string, whole: boolean, limits: TableLimits): Table | null {
    const clean = text.replace(/^\ufeff/, "");
    const separator = separatorOf(clean.slice(0, clean.search(/[\r\n]|$/)));
    const records: string[][] = [];
    let record: string[] = [];
    let cell = "";
    let quoted = false;
    let at = 0;
    const endCell = (): void => {
        record.push(cell);
        cell = "";
    };
    const endRecord = (): void => {
        endCell();
        if (record.length > 1 || record[0] !== "") records.push(record);
        record = [];
    };
    for (; at < clean.length && records.length <= limits.rows + 1; at += 1) {
        const c = clean.charAt(at);
        if (quoted) {
            if (c !== '"') cell += c;
            else if (clean.charAt(at + 1) === '"') {
                cell += c;
                at += 1;
            } else quoted = false;
        } else if (c === '"' && cell === "") quoted = true;
        else if (c === separator) endCell();
        else if (c === "\n") endRecord();
        else if (c !== "\r") cell += c;
    }
    if (at >= clean.length && whole && (cell !== "" || record.length > 0)) endRecord();
    const first = records[0];
    if (!first) return null;
    const columns = Math.max(...records.map((row) => row.length));
    const head = first.every(isNumeric) ? [] : first;
    if (head.length > 0) records.shift();
    return {
        head: head.slice(0, limits.columns),
        rows: records.slice(0, limits.rows).map((row) => row.slice(0, limits.columns)),
        more: records.length > limits.rows || !whole,
        columns,
    };
}

export function isNumericColumn(table: Table, column: number): boolean {
    return table.rows.every((row) => !row[column] || isNumeric(row[column]));
}

function isNumeric(cell: string): boolean {
    return /^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*$/.test(cell) || /^\s*(nan|[-+]?inf)\s*$/i.test(cell);
}
