// A page whose module is fetched when it is first shown.

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loading, Notice } from "../components/notice";
import { useSpeech } from "../text";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element {
    let loaded: ComponentType<P> | null = null;
    return function Lazy(props: P): JSX.Element {
        const { t } = useSpeech();
        const [Page, setPage] = useState<ComponentType<P> | null>(() => loaded);
        const [failed, setFailed] = useState(false);
        useEffect(() => {
            if (Page) return;
            load().then((page) => {
                loaded = page;
                setPage(() => page);
            }, () => setFailed(true));
        }, [Page]);
        if (Page) return <Page {...props} />;
        if (!failed) return <Loading />;
        // The server has other pages than when this one was loaded, or is away.
        return <Notice kind="bad"><p>{t.pageGone}</p><button type="button" class="button" onClick={() => location.reload()}>{t.retry}</button></Notice>;
    };
}
