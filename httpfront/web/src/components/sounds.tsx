// The sounds among the outputs, to be heard. The player fetches what it plays, piece by piece.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fileUrl, type OutputFile } from "../data/api";
import { useSpeech } from "../text";
import { nameOf } from "./figures";

const kShown = 6;

export function isSound(path: string): boolean {
    return /\.(wav|mp3|ogg|flac)$/i.test(path);
}

export function Sounds({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t } = useSpeech();
    const [all, setAll] = useState(false);
    const shown = all ? files : files.slice(0, kShown);
    return (
        <section aria-labelledby="sounds">
            <h3 id="sounds">{t.sounds}</h3>
            {shown.map(({ path }) => (
                <figure class="sound" key={path}>
                    <figcaption><a href={fileUrl(id, path)} download={nameOf(path)}>{path}</a></figcaption>
                    <audio controls preload="metadata" src={fileUrl(id, path)} aria-label={path} />
                </figure>
            ))}
            {shown.length < files.length && <button type="button" class="button" onClick={() => setAll(true)}>{t.filesMore(files.length)}</button>}
        </section>
    );
}
