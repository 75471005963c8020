/**
 * The one script of a report's page. All that it adds is comfort: without it every text, picture and number is on the
 * page, in tables where a picture would answer to the pointer.
 */
import { attention } from "./attention.ts";
import { charts } from "./charts.ts";
import { folds } from "./folds.ts";
import { letters } from "./letters.ts";
import { temperature } from "./temperature.ts";
import { theme } from "./theme.ts";

theme();
charts();
letters();
temperature();
attention();
// Last, since a link may lead to what the others have moved.
folds();
