// The data files among the outputs, each opened on demand: the tree of an HDF5 file or a MATLAB 7.3 one, and plots.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, fileUrl, readRange, type OutputFile } from "../../data/api";
import { kDescribedBytes } from "../../lib/describe";
import { isPlotted, linesOf } from "../../lib/arrays/lines";
import { kNpyBytesMax, npyValues } from "../../lib/arrays/npy";
import type { Node, Tree } from "../../lib/arrays/hdf5";
import type { Peek } from "../../lib/inside";
import type { Series } from "../../lib/series";
import { bytesText } from "../../lib/format";
import { useSpeech } from "../../text";
import { useArraysWords } from "../../text/arrays";
import { Icon } from "../icon";
import { Loading } from "../notice";
import { nameOf } from "../figures";
import { Lines } from "../plot";

const kShown = 12;

export function isDataFile(path: string): boolean {
    return /\.(h5|hdf5|he5|hdf|nc|npy|mat)$/i.test(path);
}

function peekOf(url: string, signal: AbortSignal): Peek {
    return (from, length) => readRange(url, from, length, signal);
}

export function DataFiles({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t } = useSpeech();
    const words = useArraysWords();
    const [all, setAll] = useState(false);
    const shown = all ? files : files.slice(0, kShown);
    return (
        <section aria-labelledby="data-files">
            <h3 id="data-files">{words.title}</h3>
            <div class="data-files">{shown.map((file) => <DataFile key={file.path} id={id} file={file} />)}</div>
            {shown.length < files.length && <button type="button" class="button" onClick={() => setAll(true)}>{t.filesMore(files.length)}</button>}
        </section>
    );
}

function DataFile({ id, file }: { id: string; file: OutputFile }): JSX.Element {
    const { t, locale } = useSpeech();
    const [open, setOpen] = useState(false);
    const url = fileUrl(id, file.path);
    return (
        <details class="data-file" onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>
                <Icon name="forward" /><span class="file-path">{file.path}</span>
                <span class="file-size">{bytesText(file.size_bytes, locale)}</span>
            </summary>
            {open && (/\.npy$/i.test(file.path) ? <NpyPlot url={url} file={file} /> : <Contents url={url} file={file} />)}
            {open && <p class="data-get"><a class="get" href={url} download={nameOf(file.path)} aria-label={t.fileDownload(file.path)}><Icon name="download" />{nameOf(file.path)}</a></p>}
        </details>
    );
}

/// Why a look at a file shows nothing.
type Failure = "large" | "other" | "away";

interface Looked<T> {
    value: T | null;
    failure: Failure | null;
}

/// Looks once for each key; `look` may give null for a file that is not what its name says.
function useLook<T>(key: string, look: (signal: AbortSignal) => Promise<T | null>): Looked<T> {
    const [found, setFound] = useState<Looked<T>>({ value: null, failure: null });
    useEffect(() => {
        const abort = new AbortController();
        setFound({ value: null, failure: null });
        look(abort.signal).then((value) => setFound({ value, failure: value === null ? "other" : null })).catch((problem: unknown) => {
            if (abort.signal.aborted) return;
            const large = problem instanceof Error && problem.message === "too large";
            const away = problem instanceof ApiError || problem instanceof TypeError; // so fetch() tells of a lost line
            setFound({ value: null, failure: large ? "large" : away ? "away" : "other" });
        });
        return () => abort.abort();
    }, [key]);
    return found;
}

function Failed({ failure }: { failure: Failure }): JSX.Element {
    const words = useArraysWords();
    return <p class="hint">{failure === "large" ? words.tooLarge : failure === "away" ? words.away : words.notRead}</p>;
}

function Contents({ url, file: { path, size_bytes: size } }: { url: string; file: OutputFile }): JSX.Element {
    const words = useArraysWords();
    const { value, failure } = useLook<Tree>(url, async (signal) => {
        const { readTree } = await import("../../lib/arrays/hdf5");
        const tree = await readTree(size, peekOf(url, signal));
        if (tree || !/\.mat$/i.test(path)) return tree;
        return earlierMatlab(path, size, peekOf(url, signal));
    });
    const [plotted, setPlotted] = useState("");
    if (failure) return <Failed failure={failure} />;
    if (!value) return <Loading />;
    if (value.nodes.length === 0) return <p class="hint">{words.empty}</p>;
    return (
        <>
            <div class="data-scroll" tabIndex={0} role="region" aria-label={path}>
                <table class="data-tree">
                    <thead><tr><th scope="col">{words.name}</th><th scope="col">{words.type}</th><th scope="col">{words.shape}</th><th scope="col">{words.units}</th><td /></tr></thead>
                    <tbody>
                        {value.nodes.map((node) => (
                            <NodeRow key={node.path} node={node} open={plotted === node.path} toggle={() => setPlotted(plotted === node.path ? "" : node.path)} />
                        ))}
                    </tbody>
                </table>
            </div>
            {value.more && <p class="hint">{words.more(value.nodes.length)}</p>}
            {value.nodes.filter((node) => node.path === plotted).map((node) => <DatasetPlot key={node.path} node={node} url={url} size={size} />)}
        </>
    );
}

/// The variables of a .mat of MATLAB 5 as such a tree.
async function earlierMatlab(path: string, size: number, peek: Peek): Promise<Tree | null> {
    const { describeInside } = await import("../../lib/inside");
    const found = await describeInside(path, size, peek);
    if (!found?.parts) return null;
    const nodes = found.parts.map((part): Node => ({ path: part.name, name: part.name, depth: 0, group: false, type: part.type ?? "", shape: part.shape ?? [], units: "", values: false }));
    return { nodes, more: Boolean(found.more) };
}

interface NodeProps {
    node: Node;
    open: boolean;
    toggle: () => void;
}

function NodeRow({ node, open, toggle }: NodeProps): JSX.Element {
    const { t, locale } = useSpeech();
    const words = useArraysWords();
    const shape = node.shape.map((side) => side.toLocaleString(locale)).join(" × ");
    return (
        <tr data-path={node.path}>
            <th scope="row" style={{ paddingLeft: `${12 + node.depth * 18}px` }}>{node.name}{node.group && "/"}</th>
            <td>{node.type === "text" ? words.text : node.type}</td>
            <td class="num">{node.group ? "" : shape || (node.type ? words.single : "")}</td>
            <td>{node.units}</td>
            <td>{node.values && isPlotted(node.shape) && (
                <button type="button" class="button button-small" aria-pressed={open} aria-label={`${t.plotShow}: ${node.path}`} onClick={toggle}>{t.plotShow}</button>
            )}</td>
        </tr>
    );
}

function DatasetPlot({ node, url, size }: { node: Node; url: string; size: number }): JSX.Element {
    const { t } = useSpeech();
    const { value, failure } = useLook<Series>(`${url} ${node.path}`, async (signal) => {
        const { readValues } = await import("../../lib/arrays/hdf5");
        const values = await readValues(size, peekOf(url, signal), node.path);
        return values && linesOf(values, node.units ? `${node.name} (${node.units})` : node.name);
    });
    if (failure) return <Failed failure={failure} />;
    return value ? <figure><figcaption class="hint">{node.path}</figcaption><Lines series={value} label={t.plotOf(node.path)} /></figure> : <Loading />;
}

function NpyPlot({ url, file: { path, size_bytes: size } }: { url: string; file: OutputFile }): JSX.Element {
    const { t } = useSpeech();
    const { value, failure } = useLook<Series>(url, async (signal) => {
        if (size > kNpyBytesMax + kDescribedBytes) throw new Error("too large");
        const values = npyValues(await readRange(url, 0, size, signal));
        return values && linesOf(values, nameOf(path));
    });
    if (failure) return <Failed failure={failure} />;
    return value ? <Lines series={value} label={t.plotOf(path)} /> : <Loading />;
}
