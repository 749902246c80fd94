// The way in. It is shown at whatever address was asked for, so there is nowhere to be sent to afterwards.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { AccountProblem, Field } from "../components/account_parts";
import { Notice } from "../components/notice";
import { signIn } from "../data/account";
import { ApiError } from "../data/api";
import { useSession } from "../data/session";
import { useSpeech } from "../text";
import { useAccountWords } from "../text/account";

export function SignInPage({ again }: { again: boolean }): JSX.Element {
    const words = useAccountWords();
    const { t } = useSpeech();
    const { session, setSession } = useSession();
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const send = (event: Event): void => {
        event.preventDefault();
        setBusy(true);
        signIn(name, password).then(setSession).catch((problem: unknown) => {
            setBusy(false);
            setPassword("");
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
    };
    return (
        <div class="door card">
            <h1>{t.signIn}</h1>
            <p class="muted">{again ? words.signInAgain : words.signInText}</p>
            {session?.empty && <Notice kind="info" title={words.nobodyYet}><p>{words.nobodyYetText}</p></Notice>}
            {error && <AccountProblem error={error} />}
            <form onSubmit={send}>
                <Field label={words.name} value={name} onValue={setName} autoComplete="username" required autoFocus />
                <Field label={words.password} value={password} onValue={setPassword} type="password" autoComplete="current-password" required />
                <button class="button button-main" disabled={busy}>{busy ? words.signingIn : t.signIn}</button>
            </form>
            <p class="hint">{words.forgot}</p>
        </div>
    );
}
