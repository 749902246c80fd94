// The first rows of each table among the outputs.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fileUrl, readHead, type OutputFile } from "../data/api";
import { isNumericColumn, parseTable, type Table } from "../lib/csv";
import { useSpeech } from "../text";
import { nameOf } from "./figures";
import { Loading } from "./notice";
import { Plot } from "./plot";

const kHeadBytes = 64 * 1024;
const kLimits = { rows: 12, columns: 20 };
const kShown = 4;

export function isTable(path: string): boolean {
    return /\.(csv|tsv)$/i.test(path);
}

export function Tables({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t } = useSpeech();
    const [all, setAll] = useState(false);
    const shown = all ? files : files.slice(0, kShown);
    return (
        <section aria-labelledby="tables">
            <h3 id="tables">{t.tables}</h3>
            {shown.map((file) => <Preview key={file.path} id={id} file={file} />)}
            {shown.length < files.length && (
                <button type="button" class="button" onClick={() => setAll(true)}>{t.filesMore(files.length)}</button>
            )}
        </section>
    );
}

function Preview({ id, file }: { id: string; file: OutputFile }): JSX.Element {
    const { t, locale } = useSpeech();
    const [table, setTable] = useState<Table | null | undefined>(undefined);
    useEffect(() => {
        const abort = new AbortController();
        readHead(fileUrl(id, file.path), kHeadBytes, abort.signal)
            .then(({ text, whole }) => setTable(parseTable(text, whole, kLimits)))
            .catch(() => {
                if (!abort.signal.aborted) setTable(null); // the file itself is still offered below
            });
        return () => abort.abort();
    }, [id, file.path]);
    const [plotted, setPlotted] = useState(false);
    const numbers = table ? Array.from({ length: Math.min(table.columns, kLimits.columns) }, (_, at) => isNumericColumn(table, at)).filter(Boolean).length : 0;
    const kind = (column: number): string => (table && isNumericColumn(table, column) ? "num" : "");
    return (
        <figure class="preview">
            <figcaption>
                <a href={fileUrl(id, file.path)} download={nameOf(file.path)}>{file.path}</a>
                {table && (table.more || table.columns > kLimits.columns) && (
                    <span class="hint">
                        {[table.more ? t.tableFirst(table.rows.length) : "",
                            table.columns > kLimits.columns ? t.tableColumns(kLimits.columns, table.columns.toLocaleString(locale)) : ""]
                            .filter(Boolean).join(" · ")}
                    </span>
                )}
            </figcaption>
            {table && numbers > 0 && table.rows.length > 1 && (
                <div class="preview-tools">
                    <button type="button" class="button button-small" aria-pressed={plotted} onClick={() => setPlotted(!plotted)}>{t.plotShow}</button>
                </div>
            )}
            {plotted && <Plot id={id} path={file.path} />}
            {table === undefined && <Loading />}
            {table === null && <p class="hint">{t.tableNone}</p>}
            {table && (
                <div class="preview-scroll" tabIndex={0} role="region" aria-label={file.path}>
                    <table>
                        {table.head.length > 0 && (
                            <thead><tr>
                                {table.head.map((cell, at) => <th key={at} scope="col" class={kind(at)}>{cell}</th>)}
                            </tr></thead>
                        )}
                        <tbody>
                            {table.rows.map((row, index) => (
                                <tr key={index}>
                                    {row.map((cell, at) => <td key={at} class={kind(at)}>{cell}</td>)}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </figure>
    );
}
