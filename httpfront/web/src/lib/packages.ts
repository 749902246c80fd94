// Types of modules that have none of their own: the list of examples, which build.mjs makes, and the part of jsfive that is used.

declare module "nias:examples" {
    interface Example {
        name: string;
        file: string; // the zip, beside the page
        size_bytes: number;
        paths: string[]; // in the zip's one folder
    }
    const examples: Example[];
    export default examples;
}

declare module "jsfive" {
    export class Group {
        readonly keys: string[];
        get(path: string): unknown;
    }
    export class File extends Group {
        constructor(buffer: ArrayBuffer, name: string);
    }
    export class Dataset {
        readonly dtype: unknown;
        readonly shape: unknown;
        readonly attrs: unknown;
        readonly value: unknown;
    }
}
