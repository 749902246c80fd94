// The page of one's own account: password, sessions, tokens.

import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { AccountProblem, AskingButton, Field, NewPassword, Secret } from "../components/account_parts";
import { Loading, Notice } from "../components/notice";
import { NoticesCard } from "../components/notices_card";
import { Snippets } from "../components/start/snippets";
import { Storage } from "../components/keeping/storage";
import {
    changePassword, endSession, listSessions, listTokens, makeToken, revokeToken, signOut,
    type OpenSession, type SignedInUser, type Token,
} from "../data/account";
import { ApiError, kSignedOut } from "../data/api";
import { useNow } from "../data/live";
import { useSession } from "../data/session";
import { agoText } from "../lib/format";
import { Link } from "../lib/router";
import { useSpeech } from "../text";
import { useAccountWords } from "../text/account";

const kDays = [7, 30, 90, 366];

export const dateText = (ms: number, locale: string): string =>
    new Date(ms).toLocaleDateString(locale, { day: "2-digit", month: "short", year: "numeric" });

/// Lists that are asked for again after each change, and the last thing that went wrong.
export function useAccountList<T>(ask: () => Promise<T[]>): { list: T[] | null; error: ApiError | null; after: (change: Promise<unknown>) => void } {
    const [list, setList] = useState<T[] | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const fail = (problem: unknown): void => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
    const load = useCallback(() => {
        ask().then(setList).catch(fail);
    }, []);
    useEffect(load, []);
    const after = (change: Promise<unknown>): void => {
        setError(null);
        change.then(load).catch((problem: unknown) => {
            fail(problem);
            load();
        });
    };
    return { list, error, after };
}

export function AccountPage({ user }: { user: SignedInUser }): JSX.Element {
    const words = useAccountWords();
    const { t } = useSpeech();
    const [error, setError] = useState<ApiError | null>(null);
    const leave = (): void => {
        signOut().then(() => window.dispatchEvent(new Event(kSignedOut))).catch((problem: unknown) => {
            if (problem instanceof ApiError) setError(problem);
        });
    };
    return (
        <>
            <div class="section-head">
                <div>
                    <h1>{user.full_name || user.name}</h1>
                    <p class="muted">{user.full_name && `${user.name} · `}{user.role === "administrator" ? words.administrator : words.researcher}</p>
                </div>
                <div class="row-actions">
                    {user.role === "administrator" && <Link to="/users" class="button">{t.users}</Link>}
                    {user.by === "session" && <button type="button" class="button" onClick={leave}>{words.signOut}</button>}
                </div>
            </div>
            {error && <AccountProblem error={error} />}
            <div class="account-grid">
                <div class="account-side">
                    <Tokens user={user} />
                    <Snippets />
                </div>
                <div class="account-side">
                    <Storage />
                    {user.by === "proxy" ? <Notice kind="info"><p>{words.byProxy}</p></Notice> : <Password />}
                    {user.by === "session" && <Sessions />}
                    <NoticesCard />
                </div>
            </div>
        </>
    );
}

function Password(): JSX.Element {
    const words = useAccountWords();
    const { setSession } = useSession();
    const [current, setCurrent] = useState("");
    const [password, setPassword] = useState("");
    const [done, setDone] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const send = (event: Event): void => {
        event.preventDefault();
        setDone(false);
        setError(null);
        changePassword(current, password).then((session) => {
            setSession(session);
            setCurrent("");
            setPassword("");
            setDone(true);
        }).catch((problem: unknown) => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), "")));
    };
    return (
        <section class="card pad" aria-labelledby="password">
            <h2 id="password">{words.changePassword}</h2>
            {error && <AccountProblem error={error} />}
            {done && <Notice kind="info"><p role="status">{words.changed}</p></Notice>}
            <form onSubmit={send}>
                <Field label={words.currentPassword} value={current} onValue={setCurrent} type="password" autoComplete="current-password" required />
                <NewPassword value={password} onValue={setPassword} />
                <button class="button">{words.changePassword}</button>
            </form>
        </section>
    );
}

/// «Firefox · Linux» out of what a browser says of itself.
function browserOf(session: OpenSession): string {
    const name = /Edg|Firefox|Chrome|Safari/.exec(session.agent)?.[0].replace("Edg", "Edge");
    const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(session.agent)?.[0];
    return [name ?? (session.agent.slice(0, 40) || "–"), system].filter(Boolean).join(" · ");
}

function Sessions(): JSX.Element {
    const words = useAccountWords();
    const { locale } = useSpeech();
    const now = useNow(60_000);
    const { list, error, after } = useAccountList(listSessions);
    return (
        <section class="card pad" aria-labelledby="sessions">
            <h2 id="sessions">{words.sessions}</h2>
            <p class="hint">{words.sessionsText}</p>
            {error && <AccountProblem error={error} />}
            {!list && !error && <Loading />}
            <ul class="rows">
                {list?.map((session) => (
                    <li key={session.id}>
                        <div>
                            <strong>{browserOf(session)}</strong>{session.current && <span class="tag">{words.thisSession}</span>}
                            <p class="hint">{session.address} · {words.lastUsed(agoText(session.used_ms, now, locale))}</p>
                        </div>
                        {!session.current && <AskingButton label={words.endSession} title={words.endSessionOf(session.address)} onSure={() => after(endSession(session.id))} />}
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Tokens({ user }: { user: SignedInUser }): JSX.Element {
    const words = useAccountWords();
    const { locale } = useSpeech();
    const now = useNow(60_000);
    const { list, error, after } = useAccountList(listTokens);
    const [made, setMade] = useState<Token | null>(null);
    const [label, setLabel] = useState("");
    const [scopes, setScopes] = useState<readonly string[]>(["read", "submit"]);
    const [days, setDays] = useState(90);
    const offered = user.role === "administrator" ? ["read", "submit", "admin"] : ["read", "submit"];
    const send = (event: Event): void => {
        event.preventDefault();
        after(makeToken(label, [...scopes], days).then((token) => {
            setMade(token);
            setLabel("");
        }));
    };
    return (
        <section class="card pad" aria-labelledby="tokens">
            <h2 id="tokens">{words.tokens}</h2>
            <p class="hint">{words.tokensText}</p>
            {error && <AccountProblem error={error} />}
            {made?.token && <Secret label={words.theToken} text={made.token} note={words.tokenShown} />}
            {!list && !error && <Loading />}
            {list?.length === 0 && <p class="muted">{words.tokensNone}</p>}
            <ul class="rows">
                {list?.map((token) => (
                    <li key={token.id}>
                        <div>
                            <strong>{token.label || token.id}</strong>
                            <p class="hint">{token.scopes.map((scope) => words.rights[scope] ?? scope).join(", ")}</p>
                            <p class="hint">{words.until(dateText(token.expires_ms, locale))} · {token.used_ms ? words.lastUsed(agoText(token.used_ms, now, locale)) : words.neverUsed}</p>
                        </div>
                        <AskingButton label={words.revoke} title={words.revokeOf(token.label || token.id)} onSure={() => after(revokeToken(token.id))} />
                    </li>
                ))}
            </ul>
            <form onSubmit={send}>
                <Field label={words.tokenLabel} value={label} onValue={setLabel} maxLength={100} required />
                <fieldset>
                    <legend>{words.tokenRights}</legend>
                    {offered.map((scope) => (
                        <label class="tick" key={scope}>
                            <input type="checkbox" checked={scopes.includes(scope)}
                                onChange={(event) => setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))} />
                            {words.rights[scope]}
                        </label>
                    ))}
                </fieldset>
                <label class="field">{words.tokenDays}
                    <select value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
                        {kDays.map((each) => <option key={each} value={String(each)}>{words.days(each)}</option>)}
                    </select>
                </label>
                <button class="button">{words.tokenMake}</button>
            </form>
        </section>
    );
}
