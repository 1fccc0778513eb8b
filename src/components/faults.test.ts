import { expect, it } from "vitest";
import { emptyFields, faultsOf } from "./faults";

it("puts the server's fault of a field at that field", () => {
  const fieldErrors = { username: ["Use letters and digits only.", "second"] };
  expect(faultsOf({ reason: "BAD_REQUEST", fieldErrors }, ["name", "username"])).toEqual({
    fields: { username: "Use letters and digits only." },
  });
});

it("puts a reason about a field at that field", () => {
  expect(faultsOf({ reason: "TAKEN", fieldErrors: {} }, ["username"]).fields).toHaveProperty("username");
});

it("makes a refusal without a field a fault of the whole form", () => {
  expect(faultsOf({ reason: "BAD_REQUEST", fieldErrors: { other: ["no"] } }, ["name"]).whole).toBeTruthy();
  expect(faultsOf({ reason: "OFFLINE", fieldErrors: {} }, ["name"]).whole).toBeTruthy();
});

it("finds the fields left empty", () => {
  expect(emptyFields({ name: ["", "Enter your name."], password: ["x", "Choose one."] })).toEqual({
    fields: { name: "Enter your name." },
  });
  expect(emptyFields({ name: ["Ada", "Enter your name."] })).toBeNull();
});
