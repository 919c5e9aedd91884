using System.Globalization;

namespace PmemStream.Interop.Native;

/// <summary>Compares the declarations with the library that was loaded: a mismatch would corrupt memory, not fail.</summary>
internal static unsafe class AbiCheck
{
    private const int NamedMax = 8;

    /// <summary>Compares with the loaded library.</summary>
    /// <exception cref="NotSupportedException">They do not fit; one text with what differs.</exception>
    public static void Run()
    {
        uint version = NativeMethods.pms_abi_version();
        if (version != NativeMethods.PMS_ABI_VERSION)
        {
            // Another number means that the rest cannot be relied on, the facts included.
            throw Errors.AbiMismatch(Differs("PMS_ABI_VERSION", NativeMethods.PMS_ABI_VERSION, version));
        }

        string? difference = Compare(AbiFacts.Collect(), ReadFromLibrary());
        if (difference is not null)
        {
            throw Errors.AbiMismatch(difference);
        }
    }

    /// <summary>
    /// What of <paramref name="declared"/> the library does not have, or has with another value; null when nothing. What
    /// only the library knows is harmless: within one ABI number it may only grow.
    /// </summary>
    internal static string? Compare(
        IReadOnlyDictionary<string, long> declared, IReadOnlyDictionary<string, long> compiled)
    {
        var differences = new List<string>();
        foreach ((string name, long value) in declared)
        {
            if (!compiled.TryGetValue(name, out long found))
            {
                differences.Add($"{name}: expected {value}, the library does not know it");
            }
            else if (found != value)
            {
                differences.Add(Differs(name, value, found));
            }
        }

        if (differences.Count == 0)
        {
            return null;
        }

        string more = differences.Count > NamedMax
            ? string.Create(CultureInfo.InvariantCulture, $"; and {differences.Count - NamedMax} more")
            : "";
        return string.Join("; ", differences.Take(NamedMax)) + more;
    }

    /// <summary>What the loaded library reports.</summary>
    internal static IReadOnlyDictionary<string, long> ReadFromLibrary()
    {
        uint count = NativeMethods.pms_abi_fact_count();
        var facts = new Dictionary<string, long>((int)count);
        for (uint index = 0; index < count; index++)
        {
            sbyte* name;
            long value;
            int status = NativeMethods.pms_abi_fact(index, &name, &value);
            if (status != (int)pms_status.PMS_OK)
            {
                throw Errors.AbiMismatch(
                    string.Create(CultureInfo.InvariantCulture, $"fact {index} of {count}: status {status}"));
            }

            facts[NativeText.Decode(name)] = value;
        }

        return facts;
    }

    private static string Differs(string name, long expected, long found) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}: expected {expected}, found {found}");
}
