// English words for the course of a job. The keys here are the keys every language must have.

export const en = {
    title: (n: number) => `${n} attempts`, on: (worker: string) => `on ${worker}`, logOf: (n: number) => `Log of attempt ${n}`,
    nothing: "This attempt printed nothing, or its log did not reach the server.", tail: "The end of the log; fetch it to see the whole.",
};

export type CourseMessages = typeof en;
