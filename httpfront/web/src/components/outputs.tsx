// The results of a job: figures, tables, and every file by name.

import type { JSX } from "preact";
import { hasEnded, type ApiError, type Job, type OutputFile } from "../data/api";
import { useSpeech } from "../text";
import { DataFiles, isDataFile } from "./arrays/data_files";
import { Figures, isPicture } from "./figures";
import { FileTree, kRecord } from "./file_tree";
import { Loading, Problem } from "./notice";
import { isSound, Sounds } from "./sounds";
import { isTable, Tables } from "./tables";

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
    const sounds = own.filter((file) => isSound(file.path));
    const data = own.filter((file) => isDataFile(file.path));
    const tables = own.filter((file) => isTable(file.path));
    return (
        <section class="card outputs" aria-labelledby="outputs">
            <h2 id="outputs">{t.filesTitle}</h2>
            {error && <Problem error={error} />}
            {!ended && <p class="hint">{t.filesEmptyAlive}</p>}
            {ended && !files && !error && job.outcome?.output_bytes != null && <Loading />}
            {ended && own.length === 0 && (files || job.outcome?.output_bytes == null) && <p class="hint">{t.filesEmptyEnded}</p>}
            {pictures.length > 0 && <Figures id={job.id} files={pictures} />}
            {sounds.length > 0 && <Sounds id={job.id} files={sounds} />}
            {tables.length > 0 && <Tables id={job.id} files={tables} />}
            {data.length > 0 && <DataFiles id={job.id} files={data} />}
            {files && files.length > 0 && <FileTree id={job.id} files={[...own, ...files.filter((file) => file.path === kRecord)]} />}
        </section>
    );
}
