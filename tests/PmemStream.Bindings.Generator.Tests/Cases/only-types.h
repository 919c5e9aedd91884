/* Nothing to import, and nothing to be used from elsewhere. */
struct only_types { int a; };
enum only_values { ONLY_A };
