using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>What the tool says about a stream.</summary>
internal static class StreamReport
{
    /// <summary>How points in time are written.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The facts about an open stream.</summary>
    public static PropertyReport Of(string path, PersistentStream stream)
    {
        StreamInfo info = stream.Info;
        var report = new PropertyReport();
        report.Add("path", ReportValue.Of(path));
        report.Add("uuid", ReportValue.Of(info.Uuid.ToString()));
        report.Add("created", ReportValue.Of(info.Created.ToString(TimeFormat, CultureInfo.InvariantCulture)));
        report.Add("format-version", ReportValue.Of(info.FormatVersion));
        report.Add("features", ReportValue.Of(Features(info)));
        report.Add("size", ReportValue.Bytes(info.Size));
        report.Add("file-size", ReportValue.Bytes(info.FileSize));
        report.Add("block-size", ReportValue.Bytes(info.BlockSize));
        report.Add("regions", ReportValue.Of(info.RegionCount));
        report.Add("free", ReportValue.Bytes(info.FreeBytes));
        report.Add("largest-free", ReportValue.Bytes(info.LargestFreeBytes));
        report.Add("next-timestamp", ReportValue.Of(info.NextTimestamp));
        report.Add("medium", ReportValue.Of(Words.Of(info.Medium.ToString())));
        report.Add("durability", ReportValue.Of(info.MediumDescription));
        report.Add("state", ReportValue.Of(State(info.Conditions | stream.Recovery.Conditions)));
        return report;
    }

    /// <summary>What is wrong, as far as opening shows it: only a check verifies everything.</summary>
    public static string State(StreamConditions conditions) => conditions == StreamConditions.None
        ? "no damage known"
        : string.Join(", ", conditions.ToString().Split(", ").Select(name => Words.Of(name)));

    private static string Features(StreamInfo info) => string.Create(
        CultureInfo.InvariantCulture,
        $"compatible 0x{info.CompatibleFeatures:x}, incompatible 0x{info.IncompatibleFeatures:x}, "
        + $"read-only 0x{info.ReadOnlyFeatures:x}");
}
