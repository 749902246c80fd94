// Figures and tables that a job shows while it runs, each as it was when it last came.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { listLive, liveUrl, readHead, type LiveFile } from "../data/api";
import { parseTable, type Table } from "../lib/csv";
import { useSpeech } from "../text";
import { isPicture } from "./figures";
import { isTable } from "./tables";

const kFileBytes = 2 * 1024 * 1024; // a shown file has no more
const kLimits = { rows: 1_000_000, columns: 20 };
const kLastRows = 8;

/// `news` rises when a file has changed.
export function LiveFiles({ id, news }: { id: string; news: number }): JSX.Element | null {
    const { t } = useSpeech();
    const [files, setFiles] = useState<LiveFile[]>([]);
    useEffect(() => {
        const abort = new AbortController();
        listLive(id, abort.signal).then(setFiles).catch(() => undefined); // what was shown stays; the next news asks again
        return () => abort.abort();
    }, [id, news]);
    if (files.length === 0) return null;
    const pictures = files.filter((file) => isPicture(file.path));
    return (
        <section class="card live-files" aria-labelledby="live-files">
            <h2 id="live-files">{t.liveTitle}</h2>
            <p class="hint">{t.liveHint}</p>
            {pictures.length > 0 && (
                <ul class={`figures-grid${pictures.length === 1 ? " figures-one" : ""}`}>
                    {pictures.map((file) => (
                        <li key={file.path}>
                            <a class="figure" href={liveUrl(id, file)} target="_blank" rel="noreferrer">
                                <Picture id={id} file={file} />
                                <span>{file.path}</span>
                            </a>
                        </li>
                    ))}
                </ul>
            )}
            {files.filter((file) => isTable(file.path)).map((file) => <LastRows key={file.path} id={id} file={file} />)}
        </section>
    );
}

/// Fetched anew for each version: a browser shows one picture an address for as long as the page is open.
function Picture({ id, file }: { id: string; file: LiveFile }): JSX.Element {
    const [source, setSource] = useState("");
    useEffect(() => {
        const abort = new AbortController();
        fetch(liveUrl(id, file), { signal: abort.signal })
            .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(String(answer.status)))))
            .then((bytes) => setSource(URL.createObjectURL(bytes)))
            .catch(() => undefined); // the version before stays
        return () => abort.abort();
    }, [id, file.path, file.changed_unix_ms]);
    useEffect(() => () => URL.revokeObjectURL(source), [source]);
    return <img src={source} alt={file.path} decoding="async" />;
}

/// The newest rows of a table that grows.
function LastRows({ id, file }: { id: string; file: LiveFile }): JSX.Element {
    const [table, setTable] = useState<Table | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        readHead(liveUrl(id, file), kFileBytes, abort.signal)
            .then(({ text }) => setTable(parseTable(text, text.endsWith("\n"), kLimits))) // a line may be half written
            .catch(() => undefined); // the file itself is still offered by its name
        return () => abort.abort();
    }, [id, file.path, file.changed_unix_ms]);
    return (
        <figure class="preview">
            <figcaption><a href={liveUrl(id, file)} target="_blank" rel="noreferrer">{file.path}</a></figcaption>
            {table && (
                <div class="preview-scroll" tabIndex={0} role="region" aria-label={file.path}>
                    <table>
                        {table.head.length > 0 && <thead><tr>{table.head.map((cell, at) => <th key={at} scope="col">{cell}</th>)}</tr></thead>}
                        <tbody>
                            {table.rows.slice(-kLastRows).map((row, index) => (
                                <tr key={index}>{row.map((cell, at) => <td key={at}>{cell}</td>)}</tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </figure>
    );
}
