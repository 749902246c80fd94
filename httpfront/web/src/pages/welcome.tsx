// The other end of a link: sets up the server, makes an account, or gives one a fresh password. The secret of
// the link stands behind its #, where no server and no log sees it, and goes from the address once it is used.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { AccountProblem, Field, NewPassword } from "../components/account_parts";
import { Empty, Loading } from "../components/notice";
import { acceptInvitation, lookAtInvitation, type Invitation } from "../data/account";
import { ApiError } from "../data/api";
import { useSession } from "../data/session";
import { navigate } from "../lib/router";
import { useSpeech } from "../text";
import { useAccountWords } from "../text/account";

export function WelcomePage(): JSX.Element {
    const words = useAccountWords();
    const { t } = useSpeech();
    const { setSession } = useSession();
    const [secret] = useState(() => location.hash.slice(1));
    const [offer, setOffer] = useState<Pick<Invitation, "kind" | "role" | "user"> | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const [name, setName] = useState("");
    const [fullName, setFullName] = useState("");
    const [password, setPassword] = useState("");
    const [busy, setBusy] = useState(false);
    const fail = (problem: unknown): void => {
        setBusy(false);
        setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
    };
    useEffect(() => {
        lookAtInvitation(secret).then(setOffer).catch(fail);
    }, [secret]);

    if (error?.code === "invitation_gone") return <Empty title={words.linkGone} text={words.linkGoneText} wholePage />;
    if (!offer) return error ? <AccountProblem error={error} /> : <Loading />;
    const fresh = offer.kind !== "password";
    const send = (event: Event): void => {
        event.preventDefault();
        setBusy(true);
        setError(null);
        acceptInvitation(secret, fresh ? { name, full_name: fullName, password } : { password }).then((session) => {
            history.replaceState(null, "", "/welcome");
            setSession(session);
            navigate("/");
        }).catch(fail);
    };
    const title = { set_up: words.welcomeSetUp, join: t.welcomeJoin, password: words.welcomePassword(offer.user) }[offer.kind];
    const text = { set_up: words.welcomeSetUpText, join: words.welcomeJoinText, password: words.welcomePasswordText }[offer.kind];
    return (
        <div class="door card">
            <h1>{title}</h1>
            <p class="muted">{text}</p>
            {error && <AccountProblem error={error} />}
            <form onSubmit={send}>
                {fresh && <Field label={words.name} value={name} onValue={setName} hint={words.nameHint} autoComplete="username" maxLength={64} required autoFocus />}
                {fresh && <Field label={words.fullName} value={fullName} onValue={setFullName} autoComplete="name" maxLength={200} />}
                <NewPassword value={password} onValue={setPassword} />
                <button class="button button-main" disabled={busy}>{busy ? words.signingIn : fresh ? words.createAccount : words.savePassword}</button>
            </form>
        </div>
    );
}
