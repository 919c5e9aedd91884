using System.Globalization;

namespace PmemStream.Interop.Native;

/// <summary>
/// What the compiled declarations say about themselves: sizes and offsets as this runtime lays the structs out, and the
/// enum values. Addresses, no reflection: it works trimmed and ahead-of-time compiled.
/// </summary>
/// <remarks>
/// A struct or field that is missing here is found by a test, which compares the names with those that the library
/// reports. Names are spelled as <c>pms_abi_fact</c> does.
/// </remarks>
internal sealed unsafe class AbiFacts
{
    private readonly Dictionary<string, long> _facts = [];
    private string _struct = "";
    private byte* _base;

    private AbiFacts()
    {
    }

    /// <summary>Name and value of each fact.</summary>
    public static IReadOnlyDictionary<string, long> Collect()
    {
        var facts = new AbiFacts();
        facts.AddEnums();
        facts.AddConventionStructs();
        facts.AddOptionStructs();
        facts.AddStreamInfo();
        facts.AddRecoveryInfo();
        facts.AddCounters();
        facts.AddReaderInfo();
        facts.AddRegionStructs();
        facts.AddEntryStructs();
        facts.AddCheckStructs();
        facts.AddStoredStruct();
        return facts._facts;
    }

    private void Struct<T>(string name, T* sample)
        where T : unmanaged
    {
        _struct = name;
        _base = (byte*)sample;
        _facts.Add($"sizeof({_struct})", sizeof(T));
    }

    private void Field(string name, void* address) =>
        _facts.Add($"offsetof({_struct}, {name})", (byte*)address - _base);

    private void Enum<T>()
        where T : struct, Enum
    {
        foreach (string name in System.Enum.GetNames<T>())
        {
            _facts.Add(name, Convert.ToInt64(System.Enum.Parse<T>(name), CultureInfo.InvariantCulture));
        }
    }

    private void AddEnums()
    {
        Enum<pms_status>();
        Enum<pms_medium_kind>();
        Enum<pms_medium_requirement>();
        Enum<pms_flush_policy>();
        Enum<pms_create_flags>();
        Enum<pms_open_flags>();
        Enum<pms_cursor_start>();
        Enum<pms_append_flags>();
        Enum<pms_read_flags>();
        Enum<pms_entry_flags>();
        Enum<pms_state_flags>();
        Enum<pms_severity>();
        Enum<pms_stored_kind>();
    }

    private void AddConventionStructs()
    {
        pms_error error;
        Struct(nameof(pms_error), &error);
        Field(nameof(error.status), &error.status);
        Field(nameof(error.os_error), &error.os_error);
        Field(nameof(error.position), &error.position);
        Field(nameof(error.expected), &error.expected);
        Field(nameof(error.found), &error.found);
        Field(nameof(error.message), &error.message);

        pms_position position;
        Struct(nameof(pms_position), &position);
        Field(nameof(position.offset), &position.offset);
        Field(nameof(position.timestamp), &position.timestamp);

        pms_part part;
        Struct(nameof(pms_part), &part);
        Field(nameof(part.data), &part.data);
        Field(nameof(part.bytes), &part.bytes);
    }

    private void AddOptionStructs()
    {
        pms_create_options createOptions;
        Struct(nameof(pms_create_options), &createOptions);
        Field(nameof(createOptions.struct_bytes), &createOptions.struct_bytes);
        Field(nameof(createOptions.flags), &createOptions.flags);
        Field(nameof(createOptions.stream_bytes), &createOptions.stream_bytes);
        Field(nameof(createOptions.block_bytes), &createOptions.block_bytes);
        Field(nameof(createOptions.medium_requirement), &createOptions.medium_requirement);
        Field(nameof(createOptions.flush_policy), &createOptions.flush_policy);
        Field(nameof(createOptions.reserved0), &createOptions.reserved0);
        Field(nameof(createOptions.reserved), &createOptions.reserved);

        pms_open_options openOptions;
        Struct(nameof(pms_open_options), &openOptions);
        Field(nameof(openOptions.struct_bytes), &openOptions.struct_bytes);
        Field(nameof(openOptions.flags), &openOptions.flags);
        Field(nameof(openOptions.medium_requirement), &openOptions.medium_requirement);
        Field(nameof(openOptions.flush_policy), &openOptions.flush_policy);
        Field(nameof(openOptions.wait_milliseconds), &openOptions.wait_milliseconds);
        Field(nameof(openOptions.reserved0), &openOptions.reserved0);
        Field(nameof(openOptions.reserved), &openOptions.reserved);
    }

    private void AddStreamInfo()
    {
        pms_stream_info streamInfo;
        Struct(nameof(pms_stream_info), &streamInfo);
        Field(nameof(streamInfo.struct_bytes), &streamInfo.struct_bytes);
        Field(nameof(streamInfo.format_version), &streamInfo.format_version);
        Field(nameof(streamInfo.uuid), &streamInfo.uuid);
        Field(nameof(streamInfo.stream_bytes), &streamInfo.stream_bytes);
        Field(nameof(streamInfo.file_bytes), &streamInfo.file_bytes);
        Field(nameof(streamInfo.free_bytes), &streamInfo.free_bytes);
        Field(nameof(streamInfo.largest_free_bytes), &streamInfo.largest_free_bytes);
        Field(nameof(streamInfo.created_unix_seconds), &streamInfo.created_unix_seconds);
        Field(nameof(streamInfo.next_timestamp), &streamInfo.next_timestamp);
        Field(nameof(streamInfo.compatible_features), &streamInfo.compatible_features);
        Field(nameof(streamInfo.incompatible_features), &streamInfo.incompatible_features);
        Field(nameof(streamInfo.read_only_features), &streamInfo.read_only_features);
        Field(nameof(streamInfo.block_bytes), &streamInfo.block_bytes);
        Field(nameof(streamInfo.region_count), &streamInfo.region_count);
        Field(nameof(streamInfo.medium_kind), &streamInfo.medium_kind);
        Field(nameof(streamInfo.flush_policy), &streamInfo.flush_policy);
        Field(nameof(streamInfo.read_only), &streamInfo.read_only);
        Field(nameof(streamInfo.state), &streamInfo.state);
        Field(nameof(streamInfo.medium_text), &streamInfo.medium_text);
        Field(nameof(streamInfo.reserved), &streamInfo.reserved);
    }

    private void AddCounters()
    {
        pms_counters counters;
        Struct(nameof(pms_counters), &counters);
        Field(nameof(counters.struct_bytes), &counters.struct_bytes);
        Field(nameof(counters.reserved0), &counters.reserved0);
        Field(nameof(counters.entries), &counters.entries);
        Field(nameof(counters.appended_bytes), &counters.appended_bytes);
        Field(nameof(counters.persists), &counters.persists);
        Field(nameof(counters.syncs), &counters.syncs);
        Field(nameof(counters.reserved), &counters.reserved);
    }

    private void AddReaderInfo()
    {
        pms_reader_info reader;
        Struct(nameof(pms_reader_info), &reader);
        Field(nameof(reader.struct_bytes), &reader.struct_bytes);
        Field(nameof(reader.is_this), &reader.is_this);
        Field(nameof(reader.process), &reader.process);
        Field(nameof(reader.since_unix_seconds), &reader.since_unix_seconds);
        Field(nameof(reader.pin_count), &reader.pin_count);
        Field(nameof(reader.reserved0), &reader.reserved0);
        Field(nameof(reader.pins), &reader.pins);
        Field(nameof(reader.reserved), &reader.reserved);
    }

    private void AddRecoveryInfo()
    {
        pms_recovery_info recoveryInfo;
        Struct(nameof(pms_recovery_info), &recoveryInfo);
        Field(nameof(recoveryInfo.struct_bytes), &recoveryInfo.struct_bytes);
        Field(nameof(recoveryInfo.flags), &recoveryInfo.flags);
        Field(nameof(recoveryInfo.region_count), &recoveryInfo.region_count);
        Field(nameof(recoveryInfo.walked_bytes), &recoveryInfo.walked_bytes);
        Field(nameof(recoveryInfo.walked_entries), &recoveryInfo.walked_entries);
        Field(nameof(recoveryInfo.recovered_entries), &recoveryInfo.recovered_entries);
        Field(nameof(recoveryInfo.pending_skipped), &recoveryInfo.pending_skipped);
        Field(nameof(recoveryInfo.groups_dropped), &recoveryInfo.groups_dropped);
        Field(nameof(recoveryInfo.cuts_sealed), &recoveryInfo.cuts_sealed);
        Field(nameof(recoveryInfo.damaged_regions), &recoveryInfo.damaged_regions);
        Field(nameof(recoveryInfo.salvaged_entries), &recoveryInfo.salvaged_entries);
        Field(nameof(recoveryInfo.first_damage), &recoveryInfo.first_damage);
        Field(nameof(recoveryInfo.reserved), &recoveryInfo.reserved);
    }

    private void AddRegionStructs()
    {
        pms_region_options regionOptions;
        Struct(nameof(pms_region_options), &regionOptions);
        Field(nameof(regionOptions.struct_bytes), &regionOptions.struct_bytes);
        Field(nameof(regionOptions.name_bytes), &regionOptions.name_bytes);
        Field(nameof(regionOptions.name), &regionOptions.name);
        Field(nameof(regionOptions.usable_bytes), &regionOptions.usable_bytes);
        Field(nameof(regionOptions.entry_alignment), &regionOptions.entry_alignment);
        Field(nameof(regionOptions.reserved0), &regionOptions.reserved0);
        Field(nameof(regionOptions.reserved), &regionOptions.reserved);

        pms_region_info regionInfo;
        Struct(nameof(pms_region_info), &regionInfo);
        Field(nameof(regionInfo.struct_bytes), &regionInfo.struct_bytes);
        Field(nameof(regionInfo.entry_alignment), &regionInfo.entry_alignment);
        Field(nameof(regionInfo.offset), &regionInfo.offset);
        Field(nameof(regionInfo.total_bytes), &regionInfo.total_bytes);
        Field(nameof(regionInfo.usable_bytes), &regionInfo.usable_bytes);
        Field(nameof(regionInfo.used_bytes), &regionInfo.used_bytes);
        Field(nameof(regionInfo.identity), &regionInfo.identity);
        Field(nameof(regionInfo.base_timestamp), &regionInfo.base_timestamp);
        Field(nameof(regionInfo.committed_offset), &regionInfo.committed_offset);
        Field(nameof(regionInfo.persisted_offset), &regionInfo.persisted_offset);
        Field(nameof(regionInfo.first_timestamp), &regionInfo.first_timestamp);
        Field(nameof(regionInfo.last_timestamp), &regionInfo.last_timestamp);
        Field(nameof(regionInfo.open_reservations), &regionInfo.open_reservations);
        Field(nameof(regionInfo.oldest_reservation), &regionInfo.oldest_reservation);
        Field(nameof(regionInfo.state), &regionInfo.state);
        Field(nameof(regionInfo.name_bytes), &regionInfo.name_bytes);
        Field(nameof(regionInfo.name), &regionInfo.name);
        Field(nameof(regionInfo.reserved), &regionInfo.reserved);
    }

    private void AddEntryStructs()
    {
        pms_cursor_options cursorOptions;
        Struct(nameof(pms_cursor_options), &cursorOptions);
        Field(nameof(cursorOptions.struct_bytes), &cursorOptions.struct_bytes);
        Field(nameof(cursorOptions.flags), &cursorOptions.flags);
        Field(nameof(cursorOptions.start), &cursorOptions.start);
        Field(nameof(cursorOptions.reserved0), &cursorOptions.reserved0);
        Field(nameof(cursorOptions.position), &cursorOptions.position);
        Field(nameof(cursorOptions.reserved), &cursorOptions.reserved);

        pms_entry entry;
        Struct(nameof(pms_entry), &entry);
        Field(nameof(entry.data), &entry.data);
        Field(nameof(entry.bytes), &entry.bytes);
        Field(nameof(entry.position), &entry.position);
        Field(nameof(entry.flags), &entry.flags);
        Field(nameof(entry.reserved0), &entry.reserved0);
    }

    private void AddCheckStructs()
    {
        pms_awaited awaited;
        Struct(nameof(pms_awaited), &awaited);
        Field(nameof(awaited.region), &awaited.region);
        Field(nameof(awaited.after), &awaited.after);
        Field(nameof(awaited.status), &awaited.status);
        Field(nameof(awaited.reserved0), &awaited.reserved0);

        pms_check_summary checkSummary;
        Struct(nameof(pms_check_summary), &checkSummary);
        Field(nameof(checkSummary.struct_bytes), &checkSummary.struct_bytes);
        Field(nameof(checkSummary.reserved0), &checkSummary.reserved0);
        Field(nameof(checkSummary.problem_count), &checkSummary.problem_count);
        Field(nameof(checkSummary.error_count), &checkSummary.error_count);
        Field(nameof(checkSummary.region_count), &checkSummary.region_count);
        Field(nameof(checkSummary.entry_count), &checkSummary.entry_count);
        Field(nameof(checkSummary.payload_bytes), &checkSummary.payload_bytes);
        Field(nameof(checkSummary.free_bytes), &checkSummary.free_bytes);
        Field(nameof(checkSummary.reserved), &checkSummary.reserved);

        pms_problem problem;
        Struct(nameof(pms_problem), &problem);
        Field(nameof(problem.severity), &problem.severity);
        Field(nameof(problem.reserved0), &problem.reserved0);
        Field(nameof(problem.position), &problem.position);
        Field(nameof(problem.region_offset), &problem.region_offset);
        Field(nameof(problem.message), &problem.message);
    }

    private void AddStoredStruct()
    {
        pms_stored stored;
        Struct(nameof(pms_stored), &stored);
        Field(nameof(stored.struct_bytes), &stored.struct_bytes);
        Field(nameof(stored.kind), &stored.kind);
        Field(nameof(stored.offset), &stored.offset);
        Field(nameof(stored.bytes), &stored.bytes);
        Field(nameof(stored.region_offset), &stored.region_offset);
        Field(nameof(stored.value), &stored.value);
        Field(nameof(stored.payload_bytes), &stored.payload_bytes);
        Field(nameof(stored.timestamp), &stored.timestamp);
        Field(nameof(stored.lag_bytes), &stored.lag_bytes);
        Field(nameof(stored.whole), &stored.whole);
        Field(nameof(stored.flags), &stored.flags);
        Field(nameof(stored.text), &stored.text);
        Field(nameof(stored.reserved), &stored.reserved);
    }
}
