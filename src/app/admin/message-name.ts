/** What a message is called: "new-sign-in" is "New sign in". */
export const messageName = (template: string): string =>
  (template[0]?.toUpperCase() ?? "") + template.slice(1).replaceAll("-", " ");
