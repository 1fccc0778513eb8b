/**
 * The columns of the five documents' tables, with PostgreSQL's types. A test compares the database with them. `!` means
 * not null, `= x` a default. Names are snake_case with plural tables. docs/decisions name each type that differs from
 * its document (digests need wider columns, foreign keys hold the UUID, a birthday is a day).
 */
export const documentedColumns: Record<string, { from: string; columns: Record<string, string> }> = {
  users: {
    from: "000, 001, 002",
    columns: {
      id: "uuid ! = gen_random_uuid()",
      s_no: "bigint !",
      email: "character varying(255)",
      phone_number: "character varying(50)",
      password: "character varying(255)",
      name: "character varying(255)",
      username: "text",
      full_name: "text",
      role: "character varying(50) ! = 'USER'",
      email_verified: "boolean ! = false",
      phone_verified: "boolean ! = false",
      is_profile_complete: "boolean ! = false",
      is_active: "boolean ! = true",
      country: "text",
      state: "text",
      zip: "text",
      dob: "date",
      reset_token: "text",
      reset_token_expiry: "timestamp with time zone",
      pending_email: "text",
      pending_email_otp: "text",
      pending_email_expiry: "timestamp with time zone",
      created_at: "timestamp with time zone ! = now()",
      updated_at: "timestamp with time zone ! = now()",
      last_login_at: "timestamp with time zone",
      user_type: "character varying(20) ! = 'live'",
    },
  },
  demo_users: {
    from: "002",
    columns: {
      id: "uuid ! = gen_random_uuid()",
      email: "character varying(255) !",
      password: "character varying(255)",
      is_active: "boolean ! = true",
    },
  },
  otp_verifications: {
    from: "000",
    columns: {
      s_no: "bigint !",
      user_id: "uuid",
      phone: "text",
      otp: "text",
      is_verified: "boolean ! = false",
      attempts: "integer ! = 0",
      created_at: "timestamp with time zone ! = now()",
      verified_at: "timestamp with time zone",
      expires_at: "timestamp with time zone",
      ip_address: "text",
    },
  },
  email_otps: {
    from: "001",
    columns: {
      id: "bigint ! = nextval('email_otps_id_seq')",
      user_id: "uuid",
      otp: "character varying(255) !",
      type: "character varying(50) !",
      expires_at: "timestamp with time zone !",
      is_used: "boolean ! = false",
      attempts: "integer ! = 0",
      max_attempts: "integer ! = 3",
      created_at: "timestamp with time zone ! = now()",
    },
  },
  phone_otps: {
    from: "001",
    columns: {
      id: "bigint ! = nextval('phone_otps_id_seq')",
      user_id: "uuid",
      otp: "character varying(255) !",
      type: "character varying(50) !",
      expires_at: "timestamp with time zone !",
      is_used: "boolean ! = false",
      attempts: "integer ! = 0",
      max_attempts: "integer ! = 3",
      created_at: "timestamp with time zone ! = now()",
    },
  },
  email_verification_tokens: {
    from: "001",
    columns: {
      id: "bigint ! = nextval('email_verification_tokens_id_seq')",
      token: "character varying(255) !",
      user_id: "uuid !",
      expires_at: "timestamp with time zone !",
      used_at: "timestamp with time zone",
      created_at: "timestamp with time zone ! = now()",
    },
  },
  signup_otps: {
    from: "002",
    columns: {
      id: "bigint ! = nextval('signup_otps_id_seq')",
      email: "character varying(255) !",
      user_type: "character varying(20) !",
      otp_code: "character varying(255) !",
      created_at: "timestamp with time zone ! = now()",
      expires_at: "timestamp with time zone !",
      is_verified: "boolean ! = false",
      verified_at: "timestamp with time zone",
      user_id: "uuid",
      demo_user_id: "uuid",
    },
  },
  otps: {
    from: "002 (named, not listed there: design.md's columns)",
    columns: {
      id: "bigint ! = nextval('otps_id_seq')",
      user_id: "uuid",
      demo_user_id: "uuid",
      email: "character varying(255) !",
      otp_code: "character varying(255) !",
      attempts: "integer ! = 0",
      created_at: "timestamp with time zone ! = now()",
      expires_at: "timestamp with time zone !",
    },
  },
  passcodes: {
    from: "003",
    columns: {
      id: "bigint ! = nextval('passcodes_id_seq')",
      user_id: "uuid !",
      code_type: "character varying(50) !",
      code: "character varying(255) !",
      is_used: "boolean ! = false",
      expires_at: "timestamp with time zone !",
    },
  },
  password_reset_otps: {
    from: "004",
    columns: {
      id: "text ! = (gen_random_uuid())::text",
      otp: "text !",
      user_id: "uuid",
      email: "text !",
      expires_at: "timestamp with time zone !",
      verified: "boolean ! = false",
      attempts: "integer ! = 0",
      created_at: "timestamp with time zone ! = now()",
    },
  },
};

/** The documents' unique constraints and partial unique indexes, as PostgreSQL prints them after `USING btree`. */
export const documentedUniques: Record<string, string[]> = {
  users: ["(s_no)", "(email)", "(phone_number)", "(username)"],
  email_verification_tokens: ["(token)"],
  signup_otps: ["(email, user_type)"],
  passcodes: ["(user_id, code_type) WHERE (NOT is_used)"],
};

/** The tables whose rows are deleted with their account. */
export const documentedCascades: Record<string, string[]> = {
  otp_verifications: ["users"],
  email_otps: ["users"],
  phone_otps: ["users"],
  email_verification_tokens: ["users"],
  signup_otps: ["users", "demo_users"],
  otps: ["users", "demo_users"],
  passcodes: ["users"],
  password_reset_otps: ["users"],
};
