/** The passwords of ten characters or more that attackers try first, in lower case. */
export const worstPasswords: ReadonlySet<string> = new Set(
  `
  1234567890 12345678910 123456789a 0123456789 0987654321 1234567891 9876543210 123456789q 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5
  q1w2e3r4t5y6 1qaz2wsx3edc qazwsxedcrfv qazwsxedc123 zaq12wsxcde3 1234qwerasdf qwer1234asdf qwerty1234 qwerty12345 qwerty123456
  qwertyuiop qwertyuiop[] 1qazxsw23edc asdfghjkl1 asdfghjkl; zxcvbnm123 password10 password11 password12 password123 password1234
  password12345 password123! passw0rd123 p@ssw0rd123 p@ssword123 password!23 passwordpassword mypassword mypassword1 newpassword
  newpassword1 secretpassword letmein123 letmein1234 welcome123 welcome1234 welcome123! welcome2024 welcome2025 welcome2026
  admin12345 admin123456 administrator administrator1 iloveyou123 iloveyou12 iloveyou1234 iloveyou123! football123 baseball123
  basketball liverpool1 liverpool123 manchester chelsea123 superman123 batman1234 pokemon123 dragon1234 monkey1234 princess123
  sunshine123 abcdefghij abcdefghijkl abcdefg123 abcd123456 abc1234567 abc123456789 aa12345678 a123456789 a1234567890 changeme123
  changemenow trustno1234 starwars123 michelle123 charlie123 jordan1234 hello12345 helloworld helloworld1 whatever123 computer123
  internet123 samsung123 google1234 facebook123 summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 onsale1234
  ticket1234 tickets123 correcthorsebatterystaple
  `
    .trim()
    .split(/\s+/),
);
