// The limits of a job that names none of its own, told before it is sent.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getLimits, type Limits } from "../../data/lab";
import { bytesText } from "../../lib/format";
import { say } from "../../lib/words";
import { useSpeech } from "../../text";

export function LabLimits(): JSX.Element | null {
    const { t, locale, language } = useSpeech();
    const [limits, setLimits] = useState<Limits | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        getLimits(abort.signal).then(setLimits).catch(() => undefined); // the page does its work without
        return () => abort.abort();
    }, []);
    if (!limits) return null;
    const alone = limits.defaults.length === 1;
    return (
        <section class="lab-limits" aria-labelledby="limits">
            <h3 id="limits">{t.limitsTitle}</h3>
            <ul>
                <li>{t.limitsUpload(bytesText(limits.max_upload_bytes, locale))}</li>
                {limits.defaults.map(({ text, text_words: words, machines }) => (
                    <li key={text}>{say(words, language, text)}{alone ? "" : ` (${machines.join(", ")})`}</li>
                ))}
            </ul>
            <p class="hint">{t.limitsOther}</p>
        </section>
    );
}
