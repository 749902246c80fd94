// In the header of every page: how far what is being sent is, and that something was interrupted.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { currentUploads, isBusy, watchUploads } from "../data/uploads";
import { Link } from "../lib/router";
import { useSpeech } from "../text";
import { Icon } from "./icon";

function useWarningBeforeLeaving(busy: boolean): void {
    useEffect(() => {
        if (!busy) return undefined;
        const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
        window.addEventListener("beforeunload", warn);
        return () => window.removeEventListener("beforeunload", warn);
    }, [busy]);
}

export function UploadsBadge(): JSX.Element | null {
    const { t } = useSpeech();
    const [uploads, setUploads] = useState(currentUploads);
    useEffect(() => watchUploads(() => setUploads(currentUploads())), []);
    const busy = uploads.filter(isBusy);
    const interrupted = uploads.filter((upload) => upload.state === "interrupted").length;
    useWarningBeforeLeaving(busy.length > 0);
    if (busy.length === 0 && interrupted === 0) return null;
    const size = busy.reduce((sum, upload) => sum + upload.size, 0);
    const sent = busy.reduce((sum, upload) => sum + upload.sentBytes, 0);
    const percent = size > 0 ? Math.floor((sent / size) * 100) : 0;
    const held = busy.length === 0 || busy.every((upload) => upload.state === "pausing");
    return (
        <Link to="/upload" class={`sends${held ? " sends-held" : ""}`}>
            <Icon name={held ? "clock" : "upload"} />
            <span class="unseen">{busy.length > 0 ? t.sendsNow(busy.length) : t.sendsInterrupted(interrupted)} </span>
            <span class="sends-figure">{busy.length > 0 ? `${percent} %` : interrupted}</span>
        </Link>
    );
}
