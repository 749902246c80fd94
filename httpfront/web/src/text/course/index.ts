// The words for the course of a job, in the language of the page.

import { useSpeech } from "..";
import { en, type CourseMessages } from "./en";
import { pt } from "./pt";

export function useCourseWords(): CourseMessages {
    return useSpeech().language === "pt" ? pt : en;
}
