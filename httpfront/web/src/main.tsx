// Where the page begins: the frame around every page (header, navigation, look and language).

import { render, type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, Logo } from "./components/icon";
import { speechFor, SpeechContext, storedLanguage, storeLanguage, type Language, type Messages } from "./text";
import { HomePage } from "./pages/home";
import { JobPage } from "./pages/job";
import { NotFoundPage } from "./pages/not_found";
import { ResultsPage } from "./pages/results";
import { UploadPage } from "./pages/upload";
import { Link, usePath } from "./lib/router";
import { isDark, setTheme, storedTheme, watchSystemTheme } from "./lib/theme";

function pageFor(path: string, t: Messages): { title: string; page: JSX.Element } {
    if (path === "/" || path === "/index.html") return { title: t.navHome, page: <HomePage /> };
    if (path === "/upload") return { title: t.navUpload, page: <UploadPage /> };
    if (path === "/results") return { title: t.navResults, page: <ResultsPage /> };
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

function App(): JSX.Element {
    const [language, setLanguage] = useState<Language>(storedLanguage);
    const [dark, setDark] = useState(() => isDark(storedTheme()));
    const path = usePath();
    const speech = speechFor(language);
    const { t, locale } = speech;
    const { title, page } = pageFor(path, t);

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
        <SpeechContext.Provider value={speech}>
            <a class="skip" href="#main">{t.skipToContent}</a>
            <header class="bar">
                <div class="bar-in">
                    <Link to="/" class="brand"><Logo /><span>NIAS</span></Link>
                    <nav aria-label="NIAS">
                        <Link to="/" class="nav nav-home" current={path === "/"}>{t.navHome}</Link>
                        <Link to="/upload" class="nav" current={path === "/upload"}>{t.navUpload}</Link>
                        <Link to="/results" class="nav" current={inResults}>{t.navResults}</Link>
                    </nav>
                    <div class="bar-tools">
                        <button class="quiet" type="button" onClick={switchLanguage} aria-label={t.switchLanguage}
                            title={t.switchLanguage}>{language === "pt" ? "EN" : "PT"}</button>
                        <button class="quiet" type="button" onClick={switchTheme}
                            aria-label={dark ? t.themeToLight : t.themeToDark}
                            title={dark ? t.themeToLight : t.themeToDark}><Icon name={dark ? "sun" : "moon"} /></button>
                    </div>
                </div>
            </header>
            <main id="main" ref={main} tabIndex={-1}>{page}</main>
            <footer class="foot"><span>NIAS</span><span>{t.tagline}</span></footer>
        </SpeechContext.Provider>
    );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
