// Where the page begins: the frame around every page (header, navigation, look and language).

import { render, type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, Logo } from "./components/icon";
import { Loading, Problem } from "./components/notice";
import { forgetLists } from "./data/live";
import { SessionContext, useSessionState, type SessionState } from "./data/session";
import { speechFor, SpeechContext, storedLanguage, storeLanguage, useSpeech, type Language, type Messages } from "./text";
import { HomePage } from "./pages/home";
import { NotFoundPage } from "./pages/not_found";
import { ConnectionBar } from "./components/connection_bar";
import { Teller } from "./components/teller";
import { useConnection, watchNetwork } from "./data/connection";
import { UploadsBadge } from "./components/uploads_badge";
import { lazy } from "./lib/lazy";
import { listenToKeys } from "./lib/keys";
import { Link, usePath } from "./lib/router";
import { keepScroll } from "./lib/scroll";
import { isDark, setTheme, storedTheme, watchSystemTheme } from "./lib/theme";

const JobPage = lazy(async () => (await import("./pages/job")).JobPage);
const ResultsPage = lazy(async () => (await import("./pages/results")).ResultsPage);
const UploadPage = lazy(async () => (await import("./pages/upload")).UploadPage);
const QueuePage = lazy(async () => (await import("./pages/queue")).QueuePage);
const MachinesPage = lazy(async () => (await import("./pages/machines")).MachinesPage);
const AccountPage = lazy(async () => (await import("./pages/account")).AccountPage);
const KeysHelp = lazy(async () => (await import("./components/keys_help")).KeysHelp);
const SignInPage = lazy(async () => (await import("./pages/sign_in")).SignInPage);
const WelcomePage = lazy(async () => (await import("./pages/welcome")).WelcomePage);
const UsersPage = lazy(async () => (await import("./pages/users")).UsersPage);

interface Shown {
    title: string;
    page: JSX.Element;
}

function pageFor(path: string, t: Messages): Shown {
    if (path === "/" || path === "/index.html") return { title: t.navHome, page: <HomePage /> };
    if (path === "/upload") return { title: t.navUpload, page: <UploadPage /> };
    if (path === "/results") return { title: t.navResults, page: <ResultsPage /> };
    if (path === "/queue") return { title: t.navQueue, page: <QueuePage /> };
    if (path === "/machines") return { title: t.navMachines, page: <MachinesPage /> };
    const job = /^\/jobs\/([^/]+)\/?$/.exec(path);
    if (job?.[1]) {
        try {
            const id = decodeURIComponent(job[1]);
            return { title: "", page: <JobPage key={id} id={id} /> }; // it names itself
        } catch {
            // not a well-formed address
        }
    }
    return { title: t.notFoundTitle, page: <NotFoundPage /> };
}

/// The page of this address for whoever looks at it: nothing is asked for before they have signed in.
function useShown(path: string, t: Messages, { session, error }: SessionState): Shown {
    const was = useRef(false);
    const { user, accounts } = session ?? { user: null, accounts: false };
    if (user) was.current = true;
    if (!session) return { title: "", page: error ? <Problem error={error} /> : <Loading /> };
    if (accounts && path === "/welcome") return { title: t.welcomeJoin, page: <WelcomePage key={location.hash} /> };
    if (accounts && !user) return { title: t.signIn, page: <SignInPage again={was.current} /> };
    if (user && path === "/account") return { title: t.account, page: <AccountPage user={user} /> };
    if (user && path === "/users") return { title: t.users, page: <UsersPage user={user} /> };
    if (user && path === "/sign-in") return pageFor("/", t);
    return pageFor(path, t);
}

function Frame(): JSX.Element {
    const state = useSessionState();
    const [language, setLanguage] = useState<Language>(storedLanguage);
    return (
        <SessionContext.Provider value={state}>
            <SpeechContext.Provider value={speechFor(language)}><App state={state} language={language} setLanguage={setLanguage} /></SpeechContext.Provider>
        </SessionContext.Provider>
    );
}

interface AppProps {
    state: SessionState;
    language: Language;
    setLanguage: (language: Language) => void;
}

function App({ state, language, setLanguage }: AppProps): JSX.Element {
    const [dark, setDark] = useState(() => isDark(storedTheme()));
    const path = usePath();
    const { t, locale } = useSpeech();
    const { title, page } = useShown(path, t, state);
    const { session } = state;
    const user = session?.user;
    const { lostMs } = useConnection();
    const inside = session !== null && (user !== null || !session.accounts);

    useEffect(() => {
        document.documentElement.lang = locale;
        if (title) document.title = `${title} · NIAS`;
    }, [locale, title]);
    const main = useRef<HTMLElement>(null);
    const shown = useRef(path);
    useEffect(() => { // a screen reader goes on reading where the page changed
        if (shown.current !== path) main.current?.focus({ preventScroll: true });
        shown.current = path;
    }, [path]);
    const [help, setHelp] = useState(false);
    useEffect(() => (inside ? listenToKeys(() => setHelp(true)) : undefined), [inside]);
    useEffect(() => forgetLists, [user?.name]); // whoever signs in next sees nothing of theirs
    useEffect(() => watchSystemTheme(() => setDark(isDark(storedTheme()))), []);

    const switchLanguage = (): void => {
        const other = language === "pt" ? "en" : "pt";
        storeLanguage(other);
        setLanguage(other);
    };
    const switchTheme = (): void => {
        setTheme(dark ? "light" : "dark");
        setDark(!dark);
    };
    const inResults = path === "/results" || path.startsWith("/jobs/");
    return (
        <>
            <a class="skip" href="#main">{t.skipToContent}</a>
            <header class="bar">
                <div class="bar-in">
                    <Link to="/" class="brand"><Logo /><span>NIAS</span></Link>
                    <nav aria-label="NIAS" hidden={!inside}>
                        <Link to="/" class="nav nav-home" current={path === "/"}>{t.navHome}</Link>
                        <Link to="/upload" class="nav" current={path === "/upload"}>{t.navUpload}</Link>
                        <Link to="/results" class="nav" current={inResults}>{t.navResults}</Link>
                        <Link to="/queue" class="nav" current={path === "/queue"}>{t.navQueue}</Link>
                        <Link to="/machines" class="nav" current={path === "/machines"}>{t.navMachines}</Link>
                        {user?.role === "administrator" && <Link to="/users" class="nav nav-users" current={path === "/users"}>{t.users}</Link>}
                    </nav>
                    <UploadsBadge />
                    <div class="bar-tools">
                        {user && (
                            <Link to="/account" class="quiet" current={path === "/account"} label={t.accountOf(user.name)}><Icon name="person" /></Link>
                        )}
                        <button class="quiet" type="button" onClick={switchLanguage} aria-label={t.switchLanguage}
                            title={t.switchLanguage}>{language === "pt" ? "EN" : "PT"}</button>
                        <button class="quiet" type="button" onClick={switchTheme}
                            aria-label={dark ? t.themeToLight : t.themeToDark}
                            title={dark ? t.themeToLight : t.themeToDark}><Icon name={dark ? "sun" : "moon"} /></button>
                    </div>
                </div>
            </header>
            <ConnectionBar />
            {inside && <Teller />}
            <main id="main" ref={main} tabIndex={-1} class={lostMs > 0 ? "is-away" : ""}>{page}</main>
            {help && <KeysHelp onClose={() => setHelp(false)} />}
            <footer class="foot"><span>NIAS</span><span>{t.tagline}</span>
                {inside && <button type="button" class="link foot-keys" onClick={() => setHelp(true)}>{t.keysTitle}</button>}
                {session && !session.accounts && session.owner && <span class="foot-open">{t.open(session.owner)}</span>}
            </footer>
        </>
    );
}

keepScroll();
watchNetwork();
const root = document.getElementById("app");
if (root) render(<Frame />, root);
