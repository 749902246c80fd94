// The first page: what this is, how busy it is, what you sent last, and the way to send more.

import type { JSX } from "preact";
import { Icon } from "../components/icon";
import { Empty, Loading, Problem } from "../components/notice";
import { StateBadge } from "../components/state";
import { hasEnded } from "../data/api";
import { agoText, durationText, elapsedText } from "../lib/format";
import { useSpeech } from "../text";
import { useJobs, useNow, useQueue } from "../data/live";
import { Link } from "../lib/router";

const kRecent = 6;

export function HomePage(): JSX.Element {
    const { t, locale } = useSpeech();
    const { jobs, error } = useJobs({ limit: kRecent });
    const queue = useQueue(jobs);
    const now = useNow(1000);
    return (
        <>
            <section class="hero">
                <div>
                    <h1>{t.homeTitle}</h1>
                    <p class="lead">{t.homeText}</p>
                    <Link to="/upload" class="button button-main"><Icon name="upload" />{t.homeAction}</Link>
                </div>
                <div class="queue card" aria-label={t.queueNow}>
                    <h2>{t.queueNow}</h2>
                    <dl>
                        <div><dt>{t.queued}</dt><dd>{queue ? queue.queued.toLocaleString(locale) : "–"}</dd></div>
                        <div><dt>{t.running}</dt><dd class={queue?.running ? "is-live" : ""}>
                            {queue ? queue.running.toLocaleString(locale) : "–"}</dd></div>
                        <div><dt>{t.ended}</dt><dd>{queue ? queue.ended.toLocaleString(locale) : "–"}</dd></div>
                    </dl>
                </div>
            </section>
            <section aria-labelledby="recent">
                <div class="section-head">
                    <h2 id="recent">{t.homeRecent}</h2>
                    {jobs && jobs.length > 0 && <Link to="/results">{t.homeAll}</Link>}
                </div>
                {error && <Problem error={error} />}
                {!jobs && !error && <Loading />}
                {jobs?.length === 0 && (
                    <Empty title={t.homeEmpty} text={t.homeEmptyText}>
                        <Link to="/upload" class="button">{t.homeAction}</Link>
                    </Empty>
                )}
                {jobs && jobs.length > 0 && (
                    <ul class="recent card">
                        {jobs.slice(0, kRecent).map((job) => (
                            <li key={job.id}>
                                <Link to={`/jobs/${job.id}`} class="recent-link">
                                    <span class="recent-name">{job.name || job.id}</span>
                                    <span class="recent-when">
                                        {agoText(job.submitted_ms, now, locale)}
                                        {hasEnded(job) && job.outcome && ` · ${durationText(job.outcome.wall_ms, locale)}`}
                                        {job.state === "running" && job.started_ms > 0
                                            && ` · ${elapsedText(now - job.started_ms, locale)}`}
                                    </span>
                                    <StateBadge state={job.state} />
                                </Link>
                            </li>
                        ))}
                    </ul>
                )}
            </section>
            <section aria-labelledby="steps">
                <h2 id="steps">{t.stepsTitle}</h2>
                <ol class="steps">
                    <li><h3>{t.step1}</h3><p>{t.step1Text}</p></li>
                    <li><h3>{t.step2}</h3><p>{t.step2Text}</p></li>
                    <li><h3>{t.step3}</h3><p>{t.step3Text}</p></li>
                </ol>
            </section>
        </>
    );
}
