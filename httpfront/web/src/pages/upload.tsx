// Sending jobs: drop or pick several zips or single programs, watch each go out, read at once what was wrong with one.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon";
import { Notice, sentenceFor } from "../components/notice";
import { bytesText, durationText } from "../lib/format";
import { useSpeech } from "../text";
import { Link } from "../lib/router";
import {
    addFiles, currentUploads, forgetEnded, isBusy, sendAgain, stopUpload, watchUploads, type Upload,
} from "../data/uploads";

export function UploadPage(): JSX.Element {
    const { t } = useSpeech();
    const [uploads, setUploads] = useState(currentUploads);
    const [refusals, setRefusals] = useState<string[]>([]);
    useEffect(() => watchUploads(() => setUploads(currentUploads())), []);
    useWarningBeforeLeaving(uploads.some(isBusy));

    const take = (files: FileList | null): void => {
        const all = Array.from(files ?? []);
        const jobs = all.filter((file) => /\.(zip|py|m|r)$/i.test(file.name));
        setRefusals([
            ...all.filter((file) => !jobs.includes(file)).map((file) => t.uploadNotZip(file.name)),
            ...jobs.filter((file) => file.size === 0).map((file) => t.uploadEmptyFile(file.name)),
        ]);
        addFiles(jobs.filter((file) => file.size > 0));
    };
    return (
        <>
            <h1>{t.uploadTitle}</h1>
            <div class="upload-grid">
                <div>
                    <DropZone onFiles={take} />
                    <div aria-live="polite">
                        {refusals.map((text) => <Notice key={text} kind="bad"><p>{text}</p></Notice>)}
                    </div>
                    {uploads.length > 0 && (
                        <section aria-labelledby="sent">
                            <div class="section-head">
                                <h2 id="sent">{t.uploadList}</h2>
                                {uploads.some((upload) => !isBusy(upload)) && (
                                    <button type="button" class="link" onClick={forgetEnded}>{t.uploadClear}</button>
                                )}
                            </div>
                            <ul class="uploads">
                                {uploads.map((upload) => <UploadRow key={upload.key} upload={upload} />)}
                            </ul>
                        </section>
                    )}
                </div>
                <Layout />
            </div>
        </>
    );
}

function useWarningBeforeLeaving(busy: boolean): void {
    useEffect(() => {
        if (!busy) return undefined;
        const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        return () => window.removeEventListener("beforeunload", warn);
    }, [busy]);
}

function DropZone({ onFiles }: { onFiles: (files: FileList | null) => void }): JSX.Element {
    const { t } = useSpeech();
    const [over, setOver] = useState(false);
    const input = useRef<HTMLInputElement>(null);
    const picked = (): void => {
        onFiles(input.current?.files ?? null);
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
            onFiles(event.dataTransfer?.files ?? null);
        };
        document.addEventListener("dragover", hold);
        document.addEventListener("dragleave", leave);
        document.addEventListener("drop", drop);
        return () => {
            document.removeEventListener("dragover", hold);
            document.removeEventListener("dragleave", leave);
            document.removeEventListener("drop", drop);
        };
    }, [onFiles]);
    return (
        <label class={`drop${over ? " drop-over" : ""}`}>
            <input ref={input} type="file" class="drop-input" accept=".zip,.py,.m,.R,.r,application/zip" multiple
                aria-label={t.uploadInput} onChange={picked} />
            <span class="drop-icon"><Icon name="upload" /></span>
            <strong>{over ? t.uploadDropNow : t.uploadDrop}</strong>
            <span class="drop-or">{t.uploadOr}</span>
            <span class="button button-main" aria-hidden="true">{t.uploadPick}</span>
            <span class="hint">{t.uploadHint}</span>
        </label>
    );
}

/// The same file again would meet the same refusal where it is the file that is wrong.
function mayPassLater(status: number): boolean {
    return status === 0 || status >= 500;
}

function UploadRow({ upload }: { upload: Upload }): JSX.Element {
    const { t, locale } = useSpeech();
    const { file, state, error, job } = upload;
    const words = {
        waiting: t.upWaiting, sending: t.upSending, checking: t.upChecking,
        accepted: t.upAccepted, refused: t.upRefused, stopped: t.upStopped,
    }[state];
    return (
        <li class={`upload card upload-${state}`}>
            <div class="upload-top">
                <strong class="upload-name">{file.name}</strong>
                <span class="upload-state" role="status">
                    {state === "accepted" && <Icon name="check" />}{state === "refused" && <Icon name="cross" />}{words}
                </span>
            </div>
            {isBusy(upload) && (
                <progress max={file.size} aria-label={t.upProgress(file.name)}
                    {...(state === "checking" ? {} : { value: upload.sentBytes })} />
            )}
            <div class="upload-bottom">
                <span class="figures">{numbers(upload)}</span>
                {isBusy(upload) && state !== "checking" && (
                    <button type="button" class="link" onClick={() => stopUpload(upload.key)}>{t.upStop}</button>
                )}
                {(state === "stopped" || (error && mayPassLater(error.status))) && (
                    <button type="button" class="button" onClick={() => sendAgain(upload.key)}>{t.upAgain}</button>
                )}
                {job && <Link to={`/jobs/${job.id}`} class="button">{t.upOpenJob}</Link>}
            </div>
            {error && (
                <div class="upload-error" role="alert">
                    <p>{sentenceFor(error, t)}</p>
                    {error.entry && !sentenceFor(error, t).includes(error.entry) && <p class="hint">{t.upEntry} <code>{error.entry}</code></p>}
                </div>
            )}
            {job?.mended && job.mended.length > 0 && (
                <div class="mended">
                    <span class="hint">{t.upMended}</span>
                    <ul>{job.mended.map((text) => <li key={text}>{text}</li>)}</ul>
                </div>
            )}
        </li>
    );

    function numbers(of: Upload): string {
        const whole = bytesText(of.file.size, locale);
        if (of.state !== "sending") return whole;
        const parts = [t.upOf(bytesText(of.sentBytes, locale), whole)];
        if (of.bytesPerSecond > 0) {
            const left = ((of.file.size - of.sentBytes) / of.bytesPerSecond) * 1000;
            parts.push(`${bytesText(of.bytesPerSecond, locale)}/s`);
            if (left >= 1000) parts.push(t.upLeft(durationText(left, locale)));
        }
        return parts.join(" · ");
    }
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
        </aside>
    );
}
