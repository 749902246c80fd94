// The buttons of an array as a whole: cancel it, run it or its failed members again, fetch all results.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, cancelJob, hasEnded, outputUrl, type Job } from "../data/api";
import { endedIn, failedIn, rerunFailed } from "../data/array";
import { navigate } from "../lib/router";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { DeleteJob } from "./keeping/deleting";
import { Icon } from "./icon";
import { RunAgain } from "./job_again";
import { Problem } from "./notice";

export function ArrayActions({ job, take }: { job: Job; take: (job: Job) => void }): JSX.Element {
    const { t } = useSpeech();
    const words = useArrayWords();
    const [step, setStep] = useState<"none" | "asking" | "again" | "sent">("none");
    const [error, setError] = useState<ApiError | null>(null);
    const run = (what: () => Promise<unknown>): void => {
        setStep("sent");
        setError(null);
        what().catch((problem: unknown) => setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), "")))
            .finally(() => setStep("none"));
    };
    if (step === "again") return <div class="job-actions"><RunAgain job={job} onClose={() => setStep("none")} /></div>;
    if (step === "asking") {
        return (
            <div class="job-actions">
                <div class="ask" role="group" aria-label={words.cancelAsk} tabIndex={-1} ref={(element) => element?.focus()}>
                    <p>{words.cancelAsk}</p>
                    <button type="button" class="button button-bad" onClick={() => run(() => cancelJob(job.id).then(take))}>{t.jobCancelYes}</button>
                    <button type="button" class="button" onClick={() => setStep("none")}>{t.jobCancelNo}</button>
                </div>
            </div>
        );
    }
    const busy = step === "sent";
    const failed = failedIn(job);
    return (
        <div class="job-actions">
            {!hasEnded(job) && <button type="button" class="button" disabled={busy} onClick={() => setStep("asking")}><Icon name="stop" />{t.jobCancel}</button>}
            {failed > 0 && (
                <button type="button" class="button" disabled={busy} onClick={() => run(() => rerunFailed(job.id).then((made) => navigate(`/jobs/${made.id}`)))}>
                    <Icon name="again" />{words.rerunFailed(failed)}</button>
            )}
            {hasEnded(job) && <button type="button" class="button" disabled={busy} onClick={() => setStep("again")}><Icon name="again" />{t.jobAgain}</button>}
            {hasEnded(job) && job.deleted_ms === 0 && <DeleteJob job={job} take={take} />}
            {endedIn(job) > 0 && <a class="button button-main" href={outputUrl(job.id)} download=""><Icon name="download" />{words.download}</a>}
            {error && <Problem error={error} />}
        </div>
    );
}
