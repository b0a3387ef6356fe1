import { expect } from 'chai';
import { Batch } from '../../tasks/engines/vagrant/batch.ts';
import { hostAddressOf, parseDomains, parseProcessorSeconds } from '../../tasks/engines/vagrant/libvirt.ts';
import { prefixOf } from '../../tasks/engines/vagrant/names.ts';
import { readSshConfig, stepOf } from '../../tasks/engines/vagrant/vagrant.ts';
import { parseMachines } from '../../tasks/engines/vagrant/virtualbox.ts';
import { overlap } from '../../tasks/host/networks.ts';

describe('vagrant engine: reading what the providers print', () => {
  it('reads the states of virsh list', () => {
    const output = [
      ' 3    ha_lab_web1   running',
      ' 4    ha_lab_web2   paused',
      ' 5    ha_lab_lb1    in shutdown',
      ' -    ha_lab_db1    shut off',
      ' -    ha_lab_db2    crashed',
      '',
    ].join('\n');
    expect(Object.fromEntries(parseDomains(output))).to.deep.equal({
      ha_lab_web1: 'running',
      ha_lab_web2: 'frozen',
      ha_lab_lb1: 'running',
      ha_lab_db1: 'off',
      ha_lab_db2: 'off',
    });
  });

  it('reads the processor time of virsh domstats', () => {
    const output = "Domain: 'ha_lab_web1'\n  cpu.time=12345678901\n  cpu.user=1000000000\n\n";
    expect(parseProcessorSeconds(output)).to.be.closeTo(12.35, 0.01);
    expect(parseProcessorSeconds('')).to.equal(undefined);
  });

  it('reads the states of VBoxManage list --long vms, and no other names', () => {
    const output = [
      'Name:                        ha_lab_web1',
      'Groups:                      /',
      'Guest OS:                    Debian (64-bit)',
      'State:                       running (since 2026-01-02T03:04:05.678000000)',
      "Name: 'shared', Host path: '/tmp' (machine mapping), writable",
      '',
      'Name:                        ha_lab_db1',
      'State:                       powered off (since 2026-01-02T03:04:05.678000000)',
      'Name:                        ha_lab_db2\r',
      'State:                       paused (since 2026-01-02T03:04:05.678000000)\r',
      '',
    ].join('\n');
    expect(Object.fromEntries(parseMachines(output))).to.deep.equal({
      ha_lab_web1: 'running',
      ha_lab_db1: 'off',
      ha_lab_db2: 'frozen',
    });
  });

  it('finds the address that a network gives to the computer', () => {
    expect(
      hostAddressOf("<network>\n  <ip address='10.0.2.1' netmask='255.255.255.0'>\n</ip></network>"),
    ).to.equal('10.0.2.1');
    expect(hostAddressOf("<network><mac address='52:54:00:00:00:01'/></network>")).to.equal(undefined);
  });

  it('reads vagrant ssh-config', () => {
    const text = [
      'Host web1',
      '  HostName 192.168.121.31',
      '  User vagrant',
      '  Port 22',
      '',
      'Host web2',
      '  HostName 127.0.0.1',
      '  Port 2201',
      '',
    ].join('\n');
    for (const printed of [text, text.replaceAll('\n', '\r\n')])
      expect(readSshConfig(printed)).to.deep.equal([
        { machine: 'web1', host: '192.168.121.31', port: '22' },
        { machine: 'web2', host: '127.0.0.1', port: '2201' },
      ]);
  });

  it('finds the steps that vagrant up prints', () => {
    expect(stepOf('==> web1: Starting domain.')).to.deep.equal({ machine: 'web1', step: 'Starting domain.' });
    expect(stepOf('==> web1:  -- Cpus:              1')).to.equal(undefined);
    expect(stepOf('    web1: Warning: Connection refused. Retrying...')).to.equal(undefined);
  });
});

describe('vagrant engine: names', () => {
  it('gives two labs prefixes of which none starts the other', () => {
    for (const [one, other] of [
      ['a', 'a-b'],
      ['lab', 'lab2'],
    ] as const) {
      expect(`${prefixOf(other)}web1`.startsWith(prefixOf(one))).to.equal(false);
    }
  });

  it('sees when networks overlap', () => {
    expect(overlap('10.0.2.0/24', '10.0.0.0/8')).to.equal(true);
    expect(overlap('10.0.0.0/8', '10.0.2.0/24')).to.equal(true);
    expect(overlap('10.0.2.0/24', '10.0.3.0/24')).to.equal(false);
  });
});

describe('vagrant engine: starts that come together', () => {
  it('are one batch, and later ones the next', async () => {
    const batches: string[][] = [];
    const batch = new Batch<string>(async (items) => {
      batches.push(items);
      await new Promise((resolve) => setTimeout(resolve, 60));
    });
    const first = Promise.all([batch.add('a'), batch.add('b')]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = Promise.all([batch.add('c'), batch.add('d')]);
    await Promise.all([first, second]);
    expect(batches).to.deep.equal([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('fail together, and the next batch works again', async () => {
    let fail = true;
    const batch = new Batch<string>(async () => {
      if (fail) throw new Error('no room');
    });
    const outcome = await Promise.allSettled([batch.add('a'), batch.add('b')]);
    expect(outcome.map((result) => result.status)).to.deep.equal(['rejected', 'rejected']);
    fail = false;
    await batch.add('c');
  });
});
