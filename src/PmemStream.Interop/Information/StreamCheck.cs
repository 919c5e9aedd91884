using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>What <see cref="PersistentStream.Check"/> found. Sizes are in bytes.</summary>
public sealed record StreamCheck
{
    /// <summary>Every finding, in address order within a region.</summary>
    public IReadOnlyList<StreamProblem> Problems { get; init; } = [];

    /// <summary>Number of findings of severity <see cref="ProblemSeverity.Error"/>.</summary>
    public long ErrorCount { get; init; }

    /// <summary>Regions that were walked.</summary>
    public long RegionCount { get; init; }

    /// <summary>Entries that are valid.</summary>
    public long EntryCount { get; init; }

    /// <summary>Data of those entries.</summary>
    public long PayloadBytes { get; init; }

    /// <summary>What no region takes.</summary>
    public long FreeBytes { get; init; }

    /// <summary>True when no data and no structure is damaged: there is no finding of severity Error.</summary>
    public bool IsSound => ErrorCount == 0;

    internal static unsafe StreamCheck From(CheckHandle handle, in Subject subject)
    {
        var check = (pms_check*)handle.Pointer;
        pms_check_summary summary = default;
        summary.struct_bytes = (uint)sizeof(pms_check_summary);
        int status = NativeMethods.pms_check_summarize(check, &summary);
        if (status != (int)pms_status.PMS_OK)
        {
            throw Failures.From(status, null, subject);
        }

        var problems = new List<StreamProblem>((int)summary.problem_count);
        pms_problem problem;
        for (ulong index = 0; (status = NativeMethods.pms_check_problem(check, index, &problem)) == 0; index++)
        {
            problems.Add(StreamProblem.From(problem));
        }

        if (status != (int)pms_status.PMS_E_END)
        {
            throw Failures.From(status, null, subject);
        }

        GC.KeepAlive(handle);
        return new StreamCheck
        {
            Problems = problems,
            ErrorCount = (long)summary.error_count,
            RegionCount = (long)summary.region_count,
            EntryCount = (long)summary.entry_count,
            PayloadBytes = (long)summary.payload_bytes,
            FreeBytes = (long)summary.free_bytes,
        };
    }
}

/// <summary>How bad a finding is.</summary>
public enum ProblemSeverity
{
    /// <summary>Not known: a newer core than this assembly.</summary>
    Unknown = 0,

    /// <summary>Harmless: what a crash leaves, or a repaired copy.</summary>
    Note = (int)pms_severity.PMS_SEVERITY_NOTE,

    /// <summary>Redundancy or space is lost, no data.</summary>
    Warning = (int)pms_severity.PMS_SEVERITY_WARNING,

    /// <summary>Data or structure is damaged.</summary>
    Error = (int)pms_severity.PMS_SEVERITY_ERROR,
}

/// <summary>One finding of a check.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Position">Where in the stream, in bytes.</param>
/// <param name="RegionOffset">Where the region begins that it lies in; null when it lies in none.</param>
/// <param name="Message">One line: what was expected and found.</param>
public sealed record StreamProblem(ProblemSeverity Severity, long Position, long? RegionOffset, string Message)
{
    internal static StreamProblem From(in pms_problem problem) => new(
        (ProblemSeverity)problem.severity,
        (long)problem.position,
        problem.region_offset == 0 ? null : (long)problem.region_offset,
        NativeText.Decode(problem.message));
}
