// Bytes and jobs that one keeps on the server, and for administrators those of everybody.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../data/api";
import { getUsage, type Usage } from "../../data/usage";
import { bytesText } from "../../lib/format";
import { useSpeech } from "../../text";
import { useForgetWords } from "../../text/forget";
import { Problem } from "../notice";

function useUsage(): { usage: Usage | null; error: ApiError | null } {
    const [usage, setUsage] = useState<Usage | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        getUsage(abort.signal).then(setUsage).catch((problem: unknown) => {
            if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
        return () => abort.abort();
    }, []);
    return { usage, error };
}

export function Storage(): JSX.Element | null {
    const { locale } = useSpeech();
    const words = useForgetWords();
    const { usage, error } = useUsage();
    if (error) return <Problem error={error} />;
    if (!usage) return null;
    const count = (value: number): string => value.toLocaleString(locale);
    const size = (value: number): string => bytesText(value, locale);
    const rows: [string, number, number, (value: number) => string][] = [
        [words.used, usage.used.bytes, usage.bounds.bytes, size],
        [words.jobs, usage.used.jobs, usage.bounds.jobs, count],
        [words.alive, usage.used.alive, usage.bounds.alive, count],
    ];
    return (
        <section class="card pad facts storage" aria-labelledby="storage">
            <h2 id="storage">{words.storage}</h2>
            <dl>
                {rows.map(([name, used, bound, text]) => (
                    <div key={name}><dt>{name}</dt><dd>{bound > 0 ? words.of(text(used), text(bound)) : text(used)}</dd></div>
                ))}
            </dl>
            {usage.keep_days > 0 && <p class="hint">{words.keeps(usage.keep_days)}</p>}
        </section>
    );
}

export function StorageOfAll(): JSX.Element | null {
    const { locale } = useSpeech();
    const words = useForgetWords();
    const { usage, error } = useUsage();
    if (error) return <Problem error={error} />;
    if (!usage?.users || !usage.everybody) return null;
    const { bytes, bound } = usage.everybody;
    const sum = bytesText(bytes, locale);
    return (
        <section class="card pad facts storage" aria-labelledby="storage-of-all">
            <h2 id="storage-of-all">{words.usedByAll}</h2>
            <p class="hint">{bound > 0 ? words.of(sum, bytesText(bound, locale)) : sum}</p>
            <dl>
                {usage.users.map((each) => (
                    <div key={each.name} data-usage={each.name}><dt>{each.name}</dt><dd>{bytesText(each.bytes, locale)} · {each.jobs.toLocaleString(locale)}</dd></div>
                ))}
            </dl>
        </section>
    );
}
