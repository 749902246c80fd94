// The one place that says that the server is away; what else is shown is from then.

import type { JSX } from "preact";
import { useConnection } from "../data/connection";
import { momentText } from "../lib/format";
import { useSpeech } from "../text";

export function ConnectionBar(): JSX.Element {
    const { lostMs } = useConnection();
    const { t, locale } = useSpeech();
    return <div class="connection" role="status">{lostMs > 0 && <p>{t.connectionLost(momentText(lostMs, locale))}</p>}</div>;
}
