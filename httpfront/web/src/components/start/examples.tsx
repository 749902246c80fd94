// Jobs to begin with: each is sent at one click, or downloaded to look inside.

import examples from "nias:examples";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../data/api";
import { bytesText } from "../../lib/format";
import type { Chosen } from "../../lib/dropped";
import { useSpeech } from "../../text";
import { useStartWords } from "../../text/start";
import { Icon } from "../icon";
import { Problem } from "../notice";

async function fetched(name: string, file: string): Promise<Chosen> {
    const response = await fetch(`/${file}`).catch(() => null);
    if (!response?.ok) throw new ApiError(response?.status ?? 0, "", "");
    const zip = `${name}.zip`;
    return { name: zip, file: new File([await response.blob()], zip, { type: "application/zip" }) };
}

export function Examples({ onChosen }: { onChosen: (all: Chosen[]) => void }): JSX.Element {
    const { locale } = useSpeech();
    const words = useStartWords();
    const [busy, setBusy] = useState("");
    const [error, setError] = useState<ApiError | null>(null);
    const send = (name: string, file: string): void => {
        setBusy(name);
        setError(null);
        fetched(name, file).then((chosen) => onChosen([chosen])).catch((problem: unknown) => {
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        }).finally(() => setBusy(""));
    };
    return (
        <section class="card start" aria-labelledby="examples">
            <h2 id="examples">{words.examplesTitle}</h2>
            <p class="hint">{words.examplesText}</p>
            {error && <Problem error={error} />}
            <ul class="examples">
                {examples.map(({ name, file, size_bytes, paths }) => {
                    const [title, text] = words.examples[name] ?? [name, ""];
                    return (
                        <li key={name} data-example={name}>
                            <div>
                                <h3>{title}</h3>
                                <p>{text}</p>
                                <p class="hint example-files">{paths.filter((path) => path !== "README.md").join(" · ")}</p>
                            </div>
                            <div class="example-do">
                                <button type="button" class="button button-small" disabled={busy !== ""} aria-label={words.sendOf(title)} onClick={() => send(name, file)}><Icon name="play" />{words.send}</button>
                                <a class="get" href={`/${file}`} download={`${name}.zip`} aria-label={words.downloadOf(title)}><Icon name="download" />{bytesText(size_bytes, locale)}</a>
                            </div>
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}
