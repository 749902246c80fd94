// Sending jobs: drop or pick zips, folders or single programs, watch each go out, read at once what was wrong with one.

import "../lib/catalogue";
import { LabLimits } from "../components/lab/limits";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon";
import { Notice } from "../components/notice";
import { Examples } from "../components/start/examples";
import { Snippets } from "../components/start/snippets";
import { UploadRow } from "../components/upload_rows";
import type { Asks } from "../data/api";
import { addChosen, currentUploads, forgetEnded, isBusy, watchUploads } from "../data/uploads";
import { droppedIn, foldersOf, type Chosen } from "../lib/dropped";
import { useSpeech, type Messages } from "../text";
import { useArrayWords } from "../text/array";

/// A sentence for what cannot be a job; null for what may be one.
function refusalOf(chosen: Chosen, t: Messages): string | null {
    if (chosen.files) return chosen.files.length === 0 ? t.uploadEmptyFolder(chosen.name) : null;
    if (!/\.(zip|py|m|r)$/i.test(chosen.name)) return t.uploadNotZip(chosen.name);
    return chosen.file?.size === 0 ? t.uploadEmptyFile(chosen.name) : null;
}

export function UploadPage(): JSX.Element {
    const { t } = useSpeech();
    const [uploads, setUploads] = useState(currentUploads);
    const [refusals, setRefusals] = useState<string[]>([]);
    const asks = useRef<Asks>({ array: "", trial: false });
    useEffect(() => watchUploads(() => setUploads(currentUploads())), []);

    const take = (all: Chosen[]): void => {
        const words = all.map((one) => refusalOf(one, t));
        setRefusals(words.filter((text) => text !== null));
        addChosen(all.filter((_, at) => words[at] === null), asks.current);
    };
    return (
        <>
            <h1>{t.uploadTitle}</h1>
            <div class="upload-grid">
                <div>
                    <HowToRun onChange={(news) => (asks.current = news)} />
                    <DropZone onChosen={take} />
                    <div aria-live="polite">
                        {refusals.map((text) => <Notice key={text} kind="bad"><p>{text}</p></Notice>)}
                    </div>
                    {uploads.length > 0 && (
                        <section aria-labelledby="sent">
                            <div class="section-head">
                                <h2 id="sent">{t.uploadList}</h2>
                                {uploads.some((upload) => !isBusy(upload) && upload.state !== "interrupted") && (
                                    <button type="button" class="link" onClick={forgetEnded}>{t.uploadClear}</button>
                                )}
                            </div>
                            <ul class="uploads">
                                {uploads.map((upload) => <UploadRow key={upload.key} upload={upload} />)}
                            </ul>
                        </section>
                    )}
                    <Examples onChosen={take} />
                    <Snippets />
                </div>
                <Layout />
            </div>
        </>
    );
}

/// The wishes for every job that is dropped after them.
function HowToRun({ onChange }: { onChange: (asks: Asks) => void }): JSX.Element {
    const words = useArrayWords();
    const [asks, setAsks] = useState<Asks>({ array: "", trial: false });
    const change = (news: Asks): void => {
        setAsks(news);
        onChange({ ...news, array: news.array.trim() });
    };
    return (
        <details class="card how-to-run">
            <summary>{words.asksTitle}</summary>
            <label><span>{words.asksArray}</span>
                <input type="text" name="array" value={asks.array} placeholder="1-100" autocomplete="off" aria-label={words.asksArray} aria-describedby="array-hint"
                    onInput={(event) => change({ ...asks, array: event.currentTarget.value })} />
                <span class="hint" id="array-hint">{words.asksArrayHint}</span></label>
            <label class="how-trial"><input type="checkbox" name="trial" aria-label={words.asksTrial} checked={asks.trial}
                onChange={(event) => change({ ...asks, trial: event.currentTarget.checked })} />
                <span>{words.asksTrial} <span class="hint">{words.asksTrialHint}</span></span></label>
        </details>
    );
}

/// Asks for a folder. The input is made for the question alone: one in the page takes files or folders, not both.
function pickFolder(onChosen: (all: Chosen[]) => void): void {
    const input = document.createElement("input");
    input.type = "file";
    input.webkitdirectory = true;
    input.onchange = () => onChosen(foldersOf(input.files ?? []));
    input.click();
}

function DropZone({ onChosen }: { onChosen: (all: Chosen[]) => void }): JSX.Element {
    const { t } = useSpeech();
    const [over, setOver] = useState(false);
    const input = useRef<HTMLInputElement>(null);
    const picked = (): void => {
        onChosen(Array.from(input.current?.files ?? [], (file) => ({ name: file.name, file })));
        if (input.current) input.current.value = ""; // the same file can be picked again
    };
    // Anywhere on the page is good enough to drop; and a miss must not make the browser open the zip.
    useEffect(() => {
        const hold = (event: DragEvent): void => {
            event.preventDefault();
            setOver(true);
        };
        const leave = (event: DragEvent): void => {
            if (event.relatedTarget === null) setOver(false);
        };
        const drop = (event: DragEvent): void => {
            event.preventDefault();
            setOver(false);
            void droppedIn(event.dataTransfer).then(onChosen);
        };
        document.addEventListener("dragover", hold);
        document.addEventListener("dragleave", leave);
        document.addEventListener("drop", drop);
        return () => {
            document.removeEventListener("dragover", hold);
            document.removeEventListener("dragleave", leave);
            document.removeEventListener("drop", drop);
        };
    }, [onChosen]);
    return (
        <div class={`drop${over ? " drop-over" : ""}`}>
            <label class="drop-label">
                <input ref={input} type="file" class="drop-input" accept=".zip,.py,.m,.R,.r,application/zip" multiple
                    aria-label={t.uploadInput} onChange={picked} />
                <span class="drop-icon"><Icon name="upload" /></span>
                <strong>{over ? t.uploadDropNow : t.uploadDrop}</strong>
                <span class="drop-or">{t.uploadOr}</span>
                <span class="button button-main" aria-hidden="true">{t.uploadPick}</span>
            </label>
            <button type="button" class="button" onClick={() => pickFolder(onChosen)}>{t.uploadPickFolder}</button>
            <span class="hint">{t.uploadHint}</span>
        </div>
    );
}

function Layout(): JSX.Element {
    const { t } = useSpeech();
    const rows: [string, string][] = [
        ["code.py · code.m · code.R", t.layoutCode], ["requirements.txt", t.layoutReq],
        ["…", t.layoutData], ["output/", t.layoutOut],
    ];
    return (
        <aside class="layout card" aria-labelledby="layout">
            <h2 id="layout">{t.layoutTitle}</h2>
            <code class="layout-root">{t.layoutRoot}</code>
            <dl>{rows.map(([name, text]) => <div key={name}><dt><code>{name}</code></dt><dd>{text}</dd></div>)}</dl>
            <p class="hint">{t.layoutText}</p>
            <LabLimits />
        </aside>
    );
}
