using System.Globalization;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>What the tool says about regions.</summary>
internal static class RegionReport
{
    /// <summary>What is known of each region; one that a writer frees meanwhile is left out.</summary>
    public static List<RegionInfo> Facts(IEnumerable<StreamRegion> regions)
    {
        var facts = new List<RegionInfo>();
        foreach (StreamRegion region in regions)
        {
            try
            {
                facts.Add(region.Info);
            }
            catch (StaleRegionException)
            {
                // As if we had come later.
            }
        }

        return facts;
    }

    /// <summary>A row for each region. Scripts rely on the columns: new ones come last.</summary>
    public static TableReport Of(IEnumerable<RegionInfo> regions)
    {
        var report = new TableReport(
            new ReportColumn("name", ForPeople: true),
            new ReportColumn("used", ForPeople: true),
            new ReportColumn("usable", ForPeople: true),
            new ReportColumn("alignment", ForPeople: true),
            new ReportColumn("offset"),
            new ReportColumn("first-timestamp"),
            new ReportColumn("last-timestamp"),
            new ReportColumn("reservations"),
            new ReportColumn("state", ForPeople: true));
        foreach (RegionInfo info in regions)
        {
            report.Add(
                Name(info),
                Used(info),
                ReportValue.Bytes(info.UsableBytes),
                ReportValue.Of(info.EntryAlignment),
                ReportValue.Of(info.Offset),
                Timestamp(info.FirstTimestamp),
                Timestamp(info.LastTimestamp),
                ReportValue.Of(info.OpenReservations),
                ReportValue.Of(StreamReport.State(info.Conditions)));
        }

        return report;
    }

    private static ReportValue Name(RegionInfo info) =>
        info.Name.Length == 0 ? new ReportValue(string.Empty, RegionNames.Of(info)) : ReportValue.Name(info.Name);

    private static ReportValue Used(RegionInfo info)
    {
        double percent = info.UsableBytes == 0 ? 0 : 100.0 * info.UsedBytes / info.UsableBytes;
        ReportValue bytes = ReportValue.Bytes(info.UsedBytes);
        return bytes with
        {
            Short = string.Create(CultureInfo.InvariantCulture, $"{bytes.Short} ({percent:0.#} %)"),
        };
    }

    private static ReportValue Timestamp(ulong? timestamp) =>
        timestamp is { } value ? ReportValue.Of(value) : ReportValue.Of("-");
}
