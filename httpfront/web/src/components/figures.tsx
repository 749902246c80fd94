// Pictures among the outputs, and a viewer that shows one large: arrow keys go through them, Escape closes.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fileUrl, type OutputFile } from "../data/api";
import { useSpeech } from "../text";
import { Icon } from "./icon";

const kShown = 24;

export function isPicture(path: string): boolean {
    return /\.(png|jpe?g|gif|webp|svg)$/i.test(path);
}

export function nameOf(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
}

export function Figures({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t } = useSpeech();
    const [open, setOpen] = useState<number | null>(null);
    const [all, setAll] = useState(false);
    const shown = all ? files : files.slice(0, kShown);
    return (
        <section aria-labelledby="figures">
            <h3 id="figures">{t.figures}</h3>
            <ul class={`figures-grid${files.length === 1 ? " figures-one" : ""}`}>
                {shown.map((file, index) => (
                    <li key={file.path}>
                        <button type="button" class="figure" onClick={() => setOpen(index)} title={t.openFull}>
                            <img src={fileUrl(id, file.path)} alt={file.path} loading="lazy" decoding="async" />
                            <span>{nameOf(file.path)}</span>
                        </button>
                    </li>
                ))}
            </ul>
            {shown.length < files.length && (
                <button type="button" class="button" onClick={() => setAll(true)}>{t.filesMore(files.length)}</button>
            )}
            {open !== null && files[open] && (
                <Viewer id={id} file={files[open]} position={files.length > 1 ? `${open + 1} / ${files.length}` : ""}
                    onClose={() => setOpen(null)}
                    {...(files.length > 1
                        ? { onStep: (step: number) => setOpen((open + step + files.length) % files.length) } : {})} />
            )}
        </section>
    );
}

interface ViewerProps {
    id: string;
    file: OutputFile;
    position: string;
    onClose: () => void;
    onStep?: (step: number) => void;
}

function Viewer({ id, file, position, onClose, onStep }: ViewerProps): JSX.Element {
    const { t } = useSpeech();
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        const element = dialog.current;
        element?.showModal();
        return () => element?.close();
    }, []);
    const keys = (event: KeyboardEvent): void => {
        if (event.key === "ArrowLeft") onStep?.(-1);
        if (event.key === "ArrowRight") onStep?.(1);
    };
    const outside = (event: MouseEvent): void => {
        if (event.target === dialog.current) onClose();
    };
    return (
        <dialog ref={dialog} class="viewer" aria-label={file.path} onClose={onClose} onKeyDown={keys} onClick={outside}>
            <div class="viewer-bar">
                <span class="viewer-name">{file.path}</span>
                <span class="viewer-position">{position}</span>
                {onStep && (
                    <>
                        <button type="button" class="quiet" aria-label={t.viewerPrevious} onClick={() => onStep(-1)}><Icon name="back" /></button>
                        <button type="button" class="quiet" aria-label={t.viewerNext} onClick={() => onStep(1)}><Icon name="forward" /></button>
                    </>
                )}
                <a class="quiet" href={fileUrl(id, file.path)} download={nameOf(file.path)} aria-label={t.fileDownload(file.path)}>
                    <Icon name="download" /></a>
                <button type="button" class="quiet" aria-label={t.viewerClose} onClick={onClose}><Icon name="cross" /></button>
            </div>
            <img src={fileUrl(id, file.path)} alt={file.path} />
        </dialog>
    );
}
