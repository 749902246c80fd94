// A page whose module is fetched when it is first shown.

import type { ComponentType, JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Loading, Notice } from "../components/notice";
import { useConnection, useFoundAgain } from "../data/connection";
import { useSpeech } from "../text";

let styles: Promise<void> | null = null;

/// The looks of the pages that are not part of the first load, once; a page is shown once they are there.
function loadStyles(): Promise<void> {
    styles ??= new Promise((resolve, reject) => {
        const first = document.querySelector('link[rel="stylesheet"]');
        const href = document.querySelector<HTMLMetaElement>('meta[name="later-style"]')?.content;
        if (!first || !href) return resolve();
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = href;
        link.onload = () => resolve();
        link.onerror = () => {
            link.remove();
            styles = null;
            reject(new Error("the looks of this page did not come"));
        };
        first.before(link);
    });
    return styles;
}

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
    let loaded: ComponentType<P> | null = null;
    return function Lazy(props: P): JSX.Element {
        const { t } = useSpeech();
        const [Page, setPage] = useState<ComponentType<P> | null>(() => loaded);
        const [failed, setFailed] = useState(false);
        const [turn, setTurn] = useState(0);
        const { lostMs } = useConnection();
        useFoundAgain(useCallback(() => {
            setFailed(false);
            setTurn((value) => value + 1);
        }, []));
        useEffect(() => {
            if (Page) return;
            Promise.all([load(), loadStyles()]).then(([page]) => {
                loaded = page;
                setPage(() => page);
            }, () => setFailed(true));
        }, [Page, turn]);
        if (Page) return <Page {...props} />;
        if (!failed || lostMs > 0) return <Loading />;
        // The server has other pages than when this one was loaded, or is away.
        return <Notice kind="bad"><p>{t.pageGone}</p><button type="button" class="button" onClick={() => location.reload()}>{t.retry}</button></Notice>;
    };
}
