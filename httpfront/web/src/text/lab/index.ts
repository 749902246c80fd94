// The words of the lab's own pages (machines, queue), in the language of the page.

import { useSpeech } from "..";
import { en, type LabMessages } from "./en";
import { pt } from "./pt";

export type { LabMessages };

export function useLabWords(): LabMessages {
    return useSpeech().language === "pt" ? pt : en;
}
