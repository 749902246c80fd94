// Portuguese words for the course of a job.

import type { CourseMessages } from "./en";

export const pt: CourseMessages = {
    title: (n) => `${n} tentativas`, on: (worker) => `em ${worker}`, logOf: (n) => `Log da tentativa ${n}`,
    nothing: "Esta tentativa não imprimiu nada, ou o log não chegou ao servidor.", tail: "O fim do log; baixe para ver tudo.",
};
