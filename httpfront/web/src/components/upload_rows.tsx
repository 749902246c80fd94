// The jobs that are being sent, one row each: how far, what was wrong, what to do.

import type { JSX } from "preact";
import { isBusy, giveUp, sendAgain, stopUpload, type Upload } from "../data/uploads";
import { bytesText, durationText } from "../lib/format";
import { Link } from "../lib/router";
import { say } from "../lib/words";
import { useSpeech, type Messages } from "../text";
import { useArrayWords } from "../text/array";
import { Icon } from "./icon";
import { sentenceFor } from "./notice";

/// The same file again would meet the same refusal where it is the file that is wrong.
function mayPassLater(status: number): boolean {
    return status <= 0 || status >= 460;
}

function wordsOf({ state, error }: Upload, t: Messages): string {
    if (state === "pausing") return error && error.status > 0 ? t.upPausing : t.upOffline;
    return {
        waiting: t.upWaiting, preparing: t.upPreparing, sending: t.upSending, checking: t.upChecking,
        accepted: t.upAccepted, refused: t.upRefused, stopped: t.upStopped, interrupted: t.upInterrupted,
    }[state];
}

function numbersOf(of: Upload, t: Messages, locale: string): string {
    const whole = of.size > 0 ? bytesText(of.size, locale) : "";
    if (of.state === "preparing") return [bytesText(of.preparedBytes, locale), whole].filter(Boolean).join(" / ");
    const partly = of.state === "sending" || of.state === "pausing" || of.state === "interrupted" || of.state === "stopped";
    if (!partly) return whole;
    const parts = [t.upOf(bytesText(of.sentBytes, locale), whole)];
    if (of.state === "sending" && of.bytesPerSecond > 0) {
        const left = ((of.size - of.sentBytes) / of.bytesPerSecond) * 1000;
        parts.push(`${bytesText(of.bytesPerSecond, locale)}/s`);
        if (left >= 1000) parts.push(t.upLeft(durationText(left, locale)));
    }
    return parts.join(" · ");
}

function Bar({ upload }: { upload: Upload }): JSX.Element | null {
    const { t } = useSpeech();
    const { state, size, sentBytes, name } = upload;
    if (!isBusy(upload) && state !== "interrupted") return null;
    const known = size > 0 && state !== "checking" && state !== "preparing" && state !== "waiting";
    return <progress max={size || 1} aria-label={t.upProgress(name)} {...(known ? { value: sentBytes } : {})} />;
}

export function UploadRow({ upload }: { upload: Upload }): JSX.Element {
    const speech = useSpeech();
    const { t, locale, language } = speech;
    const { key, name, state, error, job } = upload;
    const words = useArrayWords();
    const again = state === "stopped" || (state === "refused" && error !== null && mayPassLater(error.status));
    return (
        <li class={`upload card upload-${state}`}>
            <div class="upload-top">
                <strong class="upload-name">{name}</strong>
                {upload.asks.array && <span class="badge badge-kind">{words.asked(upload.asks.array)}</span>}
                {upload.asks.trial && <span class="badge badge-kind">{words.trial}</span>}
                <span class="upload-state" role="status">
                    {state === "accepted" && <Icon name="check" />}{state === "refused" && <Icon name="cross" />}
                    {(state === "interrupted" || state === "pausing") && <Icon name="clock" />}{wordsOf(upload, t)}
                </span>
            </div>
            <Bar upload={upload} />
            <div class="upload-bottom">
                <span class="figures">{numbersOf(upload, t, locale)}</span>
                {isBusy(upload) && state !== "checking" && (
                    <button type="button" class="link" onClick={() => stopUpload(key)}>{t.upStop}</button>
                )}
                {again && upload.chosen && <button type="button" class="button" onClick={() => sendAgain(key)}>{t.upAgain}</button>}
                {(state === "interrupted" || state === "stopped") && (
                    <button type="button" class="link" onClick={() => giveUp(key)}>{t.upGiveUp}</button>
                )}
                {job && <Link to={`/jobs/${job.id}`} class="button">{t.upOpenJob}</Link>}
            </div>
            {state === "interrupted" && <p class="hint">{t.upAskAgain(name.endsWith(".zip") ? name : `“${name}”`)}</p>}
            {state === "pausing" && error && error.status > 0 && <p class="hint">{sentenceFor(error, speech)}</p>}
            {state === "refused" && error && (
                <div class="upload-error" role="alert">
                    <p>{sentenceFor(error, speech)}</p>
                    {error.entry && !sentenceFor(error, speech).includes(error.entry) && <p class="hint">{t.upEntry} <code>{error.entry}</code></p>}
                </div>
            )}
            {job?.mended && job.mended.length > 0 && (
                <div class="mended">
                    <span class="hint">{t.upMended}</span>
                    <ul>{job.mended.map((text, at) => <li key={text}>{say(job.mended_words?.[at], language, text)}</li>)}</ul>
                </div>
            )}
        </li>
    );
}
