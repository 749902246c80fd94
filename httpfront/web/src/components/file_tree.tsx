// Every file of the outputs: folders that open, a filter, and what a data file holds.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { fileUrl, readFirst, readRange, type OutputFile } from "../data/api";
import { describe, isDescribed, kDescribedBytes, type Described } from "../lib/describe";
import { bytesText, durationText } from "../lib/format";
import { describeInside, isArchive } from "../lib/inside";
import { matching, treeOf, type Folder } from "../lib/tree";
import { useSpeech, type Speech } from "../text";
import { isPicture, nameOf } from "./figures";
import { Icon } from "./icon";

const kShownInFolder = 200;
const kOpenUpTo = 60; // a small tree is open from the beginning
const kFilterFrom = 8;
const kInsideMost = 256 << 20; // the server reads a member of a zip from its beginning
export const kRecord = "nias-job.json"; // what the machine noted about the run

export function FileTree({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t } = useSpeech();
    const [words, setWords] = useState("");
    const found = useMemo(() => matching(files, words), [files, words]);
    const tree = useMemo(() => treeOf(found), [found]);
    return (
        <section aria-labelledby="files">
            <div class="section-head">
                <h3 id="files">{words ? t.filesFound(found.length, files.length) : t.fileCount(files.length)}</h3>
                {files.length >= kFilterFrom && (
                    <div class="search search-small">
                        <Icon name="search" />
                        <input type="search" value={words} placeholder={t.filesFilter} aria-label={t.filesFilter}
                            onInput={(event) => setWords(event.currentTarget.value)} />
                    </div>
                )}
            </div>
            {found.length > 0 ? <div class="files"><Inside id={id} folder={tree} open={words !== "" || files.length <= kOpenUpTo} /></div>
                : <p class="hint">{t.filesNone}</p>}
        </section>
    );
}

/// Lists a folder; only so many rows as one looks through.
function Inside({ id, folder, open }: { id: string; folder: Folder; open: boolean }): JSX.Element {
    const { t } = useSpeech();
    const [shown, setShown] = useState(kShownInFolder);
    const folders = folder.folders.slice(0, shown);
    const files = folder.files.slice(0, Math.max(0, shown - folders.length));
    const left = folder.folders.length + folder.files.length - folders.length - files.length;
    return (
        <ul>
            {folders.map((one) => <li key={one.path}><Branch id={id} folder={one} open={open} /></li>)}
            {files.map((file) => <li key={file.path}><Leaf id={id} file={file} /></li>)}
            {left > 0 && <li><button type="button" class="link files-more" onClick={() => setShown(shown + 10 * kShownInFolder)}>{t.filesLeft(left)}</button></li>}
        </ul>
    );
}

function Branch({ id, folder, open }: { id: string; folder: Folder; open: boolean }): JSX.Element {
    const { t, locale } = useSpeech();
    const [isOpen, setOpen] = useState(open);
    useEffect(() => setOpen(open), [open]);
    return (
        <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>
                <Icon name="forward" /><span class="file-path">{folder.name}/</span>
                <span class="file-size">{t.fileCount(folder.count)} · {bytesText(folder.bytes, locale)}</span>
            </summary>
            {isOpen && <Inside id={id} folder={folder} open={open} />}
        </details>
    );
}

function Leaf({ id, file }: { id: string; file: OutputFile }): JSX.Element {
    const { t, locale } = useSpeech();
    const name = nameOf(file.path);
    return (
        <a href={fileUrl(id, file.path)} download={name} aria-label={t.fileDownload(file.path)} title={file.path}>
            <Icon name={isPicture(file.path) ? "image" : "file"} />
            <span class="file-path">{name}{file.path === kRecord && <span class="file-note"> · {t.fileRecord}</span>}
                {isDescribed(file.path) && <Facts id={id} file={file} />}</span>
            <span class="file-size">{bytesText(file.size_bytes, locale)}</span>
            <Icon name="download" />
        </a>
    );
}

function wordsOf(found: Described, { t, locale }: Speech): string {
    const number = (value: number): string => value.toLocaleString(locale, { maximumFractionDigits: 2 });
    return [
        found.kind, found.type ?? "", found.shape ? (found.shape.map(number).join(" × ") || "1") : "",
        found.channels ? t.fileChannels(found.channels) : "", found.rate ? `${number(found.rate)} Hz` : "",
        found.seconds !== undefined ? durationText(found.seconds * 1000, locale) : "",
        found.kind.endsWith("(HDF5)") ? t.fileHdf5 : "",
        ...(found.parts ?? []).map(({ name, type, shape }) => `${name} ${type ?? ""} ${shape ? shape.map(number).join(" × ") || "1" : ""}`.trim()),
        found.more ? "…" : "",
        found.names && found.names.length > 0 ? found.names.slice(0, 6).join(", ") + (found.names.length > 6 ? "…" : "") : "",
    ].filter(Boolean).join(" · ");
}

/// Says what a few bytes of a file tell about it.
function Facts({ id, file: { path, size_bytes: size } }: { id: string; file: OutputFile }): JSX.Element | null {
    const speech = useSpeech();
    const [found, setFound] = useState<Described | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        const url = fileUrl(id, path);
        const looked = isArchive(path) && size <= kInsideMost
            ? describeInside(path, size, (offset, length) => readRange(url, offset, length, abort.signal))
            : readFirst(url, kDescribedBytes, abort.signal).then((bytes) => describe(path, bytes));
        looked.then(setFound).catch(() => undefined); // the file is still offered
        return () => abort.abort();
    }, [id, path, size]);
    return found && <span class="file-note file-facts">{wordsOf(found, speech)}</span>;
}
