// An address that leads nowhere.

import type { JSX } from "preact";
import { Empty } from "../components/notice";
import { useSpeech } from "../text";
import { Link } from "../lib/router";

export function NotFoundPage(): JSX.Element {
    const { t } = useSpeech();
    return <Empty title={t.notFoundTitle} text={t.notFoundText} wholePage><Link to="/" class="button">{t.navHome}</Link></Empty>;
}
