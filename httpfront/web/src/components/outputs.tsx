// The results of a job: figures, tables, and every file by name.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fileUrl, hasEnded, type ApiError, type Job, type OutputFile } from "../data/api";
import { bytesText } from "../lib/format";
import { useSpeech } from "../text";
import { Figures, isPicture, nameOf } from "./figures";
import { Icon } from "./icon";
import { Loading, Problem } from "./notice";
import { isTable, Tables } from "./tables";

const kFilesShown = 30;
const kRecord = "nias-job.json"; // what the machine noted about the run

interface OutputsProps {
    job: Job;
    files: OutputFile[] | null;
    error: ApiError | null;
}

export function Outputs({ job, files, error }: OutputsProps): JSX.Element {
    const { t } = useSpeech();
    const ended = hasEnded(job);
    const own = (files ?? []).filter((file) => file.path !== kRecord);
    const pictures = own.filter((file) => isPicture(file.path));
    const tables = own.filter((file) => isTable(file.path));
    return (
        <section class="card outputs" aria-labelledby="outputs">
            <h2 id="outputs">{t.filesTitle}</h2>
            {error && <Problem error={error} />}
            {!ended && <p class="hint">{t.filesEmptyAlive}</p>}
            {ended && !files && !error && job.outcome?.output_bytes != null && <Loading />}
            {ended && own.length === 0 && (files || job.outcome?.output_bytes == null) && <p class="hint">{t.filesEmptyEnded}</p>}
            {pictures.length > 0 && <Figures id={job.id} files={pictures} />}
            {tables.length > 0 && <Tables id={job.id} files={tables} />}
            {files && files.length > 0 && <FileList id={job.id} files={[...own, ...files.filter((file) => file.path === kRecord)]} />}
        </section>
    );
}

function FileList({ id, files }: { id: string; files: OutputFile[] }): JSX.Element {
    const { t, locale } = useSpeech();
    const [all, setAll] = useState(false);
    const shown = all ? files : files.slice(0, kFilesShown);
    return (
        <section aria-labelledby="files">
            <h3 id="files">{t.fileCount(files.length)}</h3>
            <ul class="files">
                {shown.map((file) => (
                    <li key={file.path}>
                        <a href={fileUrl(id, file.path)} download={nameOf(file.path)} aria-label={t.fileDownload(file.path)}>
                            <Icon name={isPicture(file.path) ? "image" : "file"} />
                            <span class="file-path">{file.path}{file.path === kRecord && <span class="file-note"> · {t.fileRecord}</span>}</span>
                            <span class="file-size">{bytesText(file.size_bytes, locale)}</span>
                            <Icon name="download" />
                        </a>
                    </li>
                ))}
            </ul>
            {shown.length < files.length && (
                <button type="button" class="button" onClick={() => setAll(true)}>{t.filesMore(files.length)}</button>
            )}
        </section>
    );
}
