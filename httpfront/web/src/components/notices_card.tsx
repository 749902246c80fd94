// On the account's page: how one is told of ended jobs.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../data/api";
import { useNow } from "../data/live";
import { confirmNotices, getNotices, setNotices, type Notices } from "../data/notices";
import { agoText } from "../lib/format";
import { useSpeech } from "../text";
import { useNoticeWords } from "../text/notices";
import { AccountProblem, Field, Secret } from "./account_parts";
import { Notice } from "./notice";

export function NoticesCard(): JSX.Element {
    const words = useNoticeWords();
    const { locale } = useSpeech();
    const now = useNow(60_000);
    const [kept, setKept] = useState<Notices | null>(null);
    const [webhook, setWebhook] = useState("");
    const [mail, setMail] = useState("");
    const [code, setCode] = useState("");
    const [saved, setSaved] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const take = (notices: Notices): void => {
        setKept(notices);
        setWebhook(notices.webhook);
        setMail(notices.mail || notices.mail_asked);
    };
    const fail = (problem: unknown): void => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
    useEffect(() => {
        getNotices().then(take).catch(fail);
    }, []);
    const send = (event: Event): void => {
        event.preventDefault();
        setSaved(false);
        setError(null);
        setNotices(webhook.trim(), mail.trim()).then((notices) => {
            take(notices);
            setSaved(true);
        }).catch(fail);
    };
    const confirm = (event: Event): void => {
        event.preventDefault();
        setError(null);
        confirmNotices(code.trim()).then((notices) => {
            take(notices);
            setCode("");
            setSaved(true);
        }).catch(fail);
    };
    const last = kept && kept.last_ms > 0 ? agoText(kept.last_ms, now, locale) : "";
    return (
        <section class="card pad" aria-labelledby="notices">
            <h2 id="notices">{words.notices}</h2>
            <p class="muted">{words.noticesText}</p>
            {error && <AccountProblem error={error} />}
            {saved && <Notice kind="info"><p role="status">{words.saved}</p></Notice>}
            {kept?.secret && <Secret label={words.secret} text={kept.secret} note={words.secretNote} />}
            <form onSubmit={send}>
                <Field label={words.webhook} value={webhook} onValue={setWebhook} hint={words.webhookHint} />
                {(kept?.mail_offered || mail) && <Field label={words.mail} value={mail} onValue={setMail} hint={words.mailHint} autoComplete="email" />}
                <button class="button">{words.save}</button>
            </form>
            {kept?.mail_asked && (
                <form onSubmit={confirm}>
                    <Field label={words.code(kept.mail_asked)} value={code} onValue={setCode} hint={words.codeHint} autoComplete="one-time-code" required />
                    <button class="button">{words.confirm}</button>
                </form>
            )}
            {last && <p class="muted">{kept?.last_said ? words.lastFailed(last, kept.last_said) : words.lastTaken(last)}</p>}
        </section>
    );
}
