/** The formats of texts that are kept to, as patterns; narrower than their standards where that makes them regular. */
const time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
const date = "\\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
const byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const label = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?";

export const formats: Readonly<Record<string, string>> = {
  date: `^${date}$`,
  time: `^${time}$`,
  "date-time": `^${date}T${time}$`,
  email: `^[a-z0-9]+([._+-][a-z0-9]+)*@${label}(\\.${label}){0,3}\\.[a-z]{2,8}$`,
  hostname: `^${label}(\\.${label}){0,4}$`,
  uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
  ipv4: `^${byte}(\\.${byte}){3}$`,
  uri: `^https?://${label}(\\.${label}){0,4}(/[A-Za-z0-9._~-]*)*$`,
};
